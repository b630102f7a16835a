import fc, { type Arbitrary } from 'fast-check';

/** The members of a JSON object in order; the values are JSON text, since JavaScript cannot say every number. */
export type Members = readonly (readonly [name: string, json: string])[];

/** What of JSON Schema the requests use. */
type Schema = {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
};

export function objectText(members: Members): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

type Sources = { readonly knownIds: readonly string[]; readonly day: number };

const days = fc.date({ min: new Date('2031-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });
const threeDaysMs = 259_200_000;

/**
 * Objects that the schema allows. Most ids are among `knownIds`, most whole numbers among the first 300; the dates of one
 * object are within three days to come.
 */
export function validMembers(schema: object, knownIds: readonly string[]): Arbitrary<Members> {
  const {
    properties = {},
    required = [],
    minProperties = 0,
    maxProperties = Number.POSITIVE_INFINITY,
  } = schema as Schema;
  return days.chain((day) => {
    const sources = { knownIds, day: day.getTime() };
    const values = Object.entries(properties).map(([name, of]) => [name, validText(of, sources)] as const);
    return fc
      .record(Object.fromEntries(values), { requiredKeys: [...required] })
      .map((object) => Object.entries(object))
      .filter(({ length }) => length >= minProperties && length <= maxProperties);
  });
}

function validText(schema: Schema, sources: Sources): Arbitrary<string> {
  if (schema.enum) return fc.constantFrom(...schema.enum).map((value) => JSON.stringify(value));
  if (schema.type === 'boolean') return fc.boolean().map(String);
  if (schema.type === 'number') return priceText(schema);
  if (schema.type === 'integer') return wholeText(schema);
  if (schema.type === 'string') return textOf(schema, sources).map((value) => JSON.stringify(value));
  if (schema.type === 'array') return listText(schema, sources);
  throw new TypeError(`the fuzz does not know how to make ${JSON.stringify(schema)}: teach it here`);
}

function priceText({ minimum = 0, maximum = 1e9 }: Schema): Arbitrary<string> {
  return fc.double({ min: minimum, max: maximum, noNaN: true }).map(String);
}

function wholeText({ minimum = 0, maximum = 2 ** 53 - 1 }: Schema): Arbitrary<string> {
  const low = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 299) });
  // What a buyer wants mostly, so that some are granted in a few dozen.
  const few = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 3) });
  return fc
    .oneof(
      { weight: 90, arbitrary: few },
      { weight: 30, arbitrary: low },
      { weight: 1, arbitrary: fc.maxSafeInteger().map(within) },
    )
    .map(String);

  function within(any: number): number {
    return minimum + (Math.abs(any) % (maximum - minimum + 1));
  }
}

function listText({ items = {}, minItems = 0, uniqueItems = false }: Schema, sources: Sources): Arbitrary<string> {
  const [item, length] = [validText(items, sources), { minLength: minItems, maxLength: Math.max(3, minItems) }];
  const lists = uniqueItems ? fc.uniqueArray(item, length) : fc.array(item, length);
  return lists.map((texts) => `[${texts.join(',')}]`);
}

function textOf({ format, pattern }: Schema, { knownIds, day }: Sources): Arbitrary<string> {
  if (format === 'uuid') {
    return fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...knownIds) }, { weight: 1, arbitrary: fc.uuid() });
  }
  if (format === 'date-time') {
    return fc.integer({ min: 0, max: threeDaysMs }).map((after) => new Date(day + after).toISOString());
  }
  return pattern === undefined ? fc.string() : fc.stringMatching(new RegExp(pattern), { maxLength: 30 });
}

/** Objects that the schema allows, in which every member that it knows is to be found. */
export function samplesOf(schema: object, knownIds: readonly string[]): readonly Members[] {
  const samples = fc.sample(validMembers(schema, knownIds), { numRuns: 100, seed: 1 });
  const names = Object.keys((schema as Schema).properties ?? {});
  const first = names.map((name) => samples.findIndex((members) => members.some(([of]) => of === name)));
  return samples.filter((_, nth) => first.includes(nth));
}

/** What must not end in a 5xx, wherever it stands. */
const oddTexts: readonly string[] = [
  ...['null', 'true', '[]', '{}', '""', '" "', '-1', '0', '-0', '1e999', '-1e999', '1e-999', '1E+400', '1e99999999999'],
  ...['79228162514264337593543950335', '79228162514264337593543950336', '0.005', '1000000.005', '-0.001'],
  ...['9'.repeat(10_000), `0.${'9'.repeat(10_000)}`, `1${'0'.repeat(10_000)}e-10000`, `"${'7'.repeat(10_000)}"`],
  ...['01', '.5', '5.', '+5', '0x10', 'NaN', 'Infinity', 'undefined', "'Night'", 'nul', '', ',', '"', '"\\', '"\\u12'],
  ...['"\\u0000"', '"a\\u0000b"', '"\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\uFFFF"', '"jo\\u0000@example.com"'],
  ...['"\\u212A"', '"\\u2028"', '"\u{1F3AB}"', '"e\\u0301"', '"__proto__"', '"\\u0001@b.c"', '"a@b.c"', '"A@B.C"'],
  ...['"9999-12-31T23:59:59.9999999Z"', '"9999-12-31T23:59:59.999999-00:01"', '"10000-01-01T00:00:00Z"'],
  ...['"+010000-01-01T00:00:00Z"', '"2031-02-31T00:00:00Z"', '"2031-02-29"', '"2031-13-01"', '"2031-01-01T24:00:00Z"'],
  ...['"0001-01-01T00:00:00+14:00"', '"0000-01-01T00:00:00Z"', '"2031-01-01T00:00:60Z"', '"2031-01-01 00:00:00Z"'],
  ...[
    '"2031-01-01T00:00:00.99999999999999999Z"',
    '"2031-01-01T00:00:00+23:59"',
    '"infinity"',
    '"now"',
    '1893456000000',
  ],
  ...['"00000000-0000-0000-0000-000000000000"', '"{}"', '"not-a-guid"', '"99999999999999999999"', '"10"', '"-1"', '10'],
  `"${'x'.repeat(100_000)}"`,
  `"${'x'.repeat(100_000)}@example.com"`,
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
];

/** One object for every odd text in every member's place, and for lists in that of an item; all else is as in `valid`. */
export function oddObjects(valid: Members): Members[] {
  return valid.flatMap(([name, json], nth) => {
    const texts = json.startsWith('[') ? [...oddTexts, ...oddTexts.map((text) => `[${text}]`)] : oddTexts;
    return texts.map((text) => valid.with(nth, [name, text]));
  });
}

/** Valid objects in which members are missing, doubled, renamed, out of order, or hold something odd. */
export function brokenMembers(valid: Arbitrary<Members>): Arbitrary<Members> {
  return fc.tuple(valid, fc.array(change, { minLength: 1, maxLength: 3 })).map(([members, changes]) => {
    return changes.reduce((changed, apply) => apply(changed), members);
  });
}

const oddText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.constantFrom(...oddTexts).map((text) => `[${text},${text}]`) },
);

const change: Arbitrary<(members: Members) => Members> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.nat(), oddText).map(([nth, text]) => at(nth, (name) => [[name, text]])) },
  { weight: 1, arbitrary: fc.nat().map((nth) => at(nth, () => [])) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), oddText).map(([nth, text]) =>
      at(nth, (name, json) => [
        [name, text],
        [name, json],
      ]),
    ),
  },
  { weight: 1, arbitrary: fc.nat().map((nth) => at(nth, (name, json) => [[name.toUpperCase(), json]])) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ unit: 'binary' }), oddText)
      .map((extra) => (members: Members) => [...members, extra]),
  },
  { weight: 1, arbitrary: fc.constant((members: Members) => members.toReversed()) },
);

function at(nth: number, change: (name: string, json: string) => Members): (members: Members) => Members {
  return (members) => {
    const chosen = members.length > 0 ? nth % members.length : 0;
    return members.flatMap((member, index) => (index === chosen ? change(...member) : [member]));
  };
}

/** Bytes that are hardly JSON: cut off, doubled, in another encoding, or with bytes of no character in them. */
export function damagedBytes(text: Arbitrary<string>): Arbitrary<Buffer> {
  return fc.tuple(text, fc.nat(), damage).map(([whole, place, apply]) => {
    const bytes = Buffer.from(whole);
    return apply(bytes, place % (bytes.length + 1));
  });
}

type Damage = (bytes: Buffer, place: number) => Buffer;

const damage: Arbitrary<Damage> = fc.oneof(
  fc.constant<Damage>((bytes, place) => bytes.subarray(0, place)),
  fc.constant<Damage>((bytes, place) => Buffer.concat([bytes, bytes.subarray(place)])),
  fc.constant<Damage>((bytes) => Buffer.from(bytes.toString(), 'utf16le')),
  fc.constant<Damage>((bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes])),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map<Damage>((added) => (bytes, place) => {
    return Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place)]);
  }),
  fc.uint8Array({ maxLength: 200 }).map<Damage>((added) => () => Buffer.from(added)),
);

const mebibyte = 1_048_576;

/** Bodies at and beyond what a client may send, each with the status that is right for it. */
export function hugeBodies(schema: object): [name: string, body: string, expected: number][] {
  const lists = Object.entries((schema as Schema).properties ?? {}).filter(([, { type }]) => type === 'array');
  const ids = Array.from({ length: 10_000 }, (_, nth) => `"00000000-0000-4000-8000-${String(nth).padStart(12, '0')}"`);
  const one = '"00000000-0000-4000-8000-000000000001"';
  return [
    ['one byte more than a mebibyte', `{"a":"${'x'.repeat(mebibyte - 7)}"}`, 413],
    ['a mebibyte of blanks', ' '.repeat(mebibyte), 400],
    ['a mebibyte of brackets', '['.repeat(mebibyte), 400],
    ['a hundred thousand members', `{${Array(100_000).fill('"a":1').join(',')}}`, 400],
    ...lists.map(([name]): [string, string, number] => [
      'ten thousand ids',
      `{"userId":${one},"${name}":[${ids}]}`,
      400,
    ]),
  ];
}

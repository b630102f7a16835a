const DECIMAL = Symbol('a number as it was written');

/** A number by its digits: as a double, a penny would vanish from a price of seventeen digits. */
export type Decimal = { readonly [DECIMAL]: string };
export type JsonList = readonly Json[];
export type JsonObject = { readonly [member: string]: Json };
export type Json = null | boolean | string | Decimal | JsonList | JsonObject;

/** `undefined` when the text is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return parseWithSource(text, (_, value, { source }) => (typeof value === 'number' ? { [DECIMAL]: source } : value));
  } catch {
    return undefined;
  }
}

export function isDecimal(json: Json | undefined): json is Decimal {
  return typeof json === 'object' && json !== null && DECIMAL in json;
}

export function isList(json: Json | undefined): json is JsonList {
  return Array.isArray(json);
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !isList(json) && !isDecimal(json);
}

/** By value: 25, 25.00 and 2.5e1 are one number, and so are 0 and -0. */
export function isSameNumber(one: Decimal, other: Decimal): boolean {
  return normalForm(one[DECIMAL]) === normalForm(other[DECIMAL]);
}

/** One line of JSON with every number as it was written. */
export function writeJson(json: Json): string {
  if (isDecimal(json)) return json[DECIMAL];
  if (isList(json)) return `[${json.map(writeJson).join(',')}]`;
  if (!isObject(json)) return JSON.stringify(json);
  const members = Object.entries(json).map(([name, value]) => `${JSON.stringify(name)}:${writeJson(value)}`);
  return `{${members.join(',')}}`;
}

type Reviver = (member: string, value: unknown, context: { readonly source?: string }) => unknown;

/** The type library does not know the third argument yet. */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => Json;

function normalForm(source: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return significant === '' ? '0' : `${sign}${significant}e${power}`;
}

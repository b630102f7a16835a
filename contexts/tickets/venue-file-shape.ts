import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';

const closed = { additionalProperties: false };
const text = Type.String({ minLength: 1 });
const count = Type.Integer({ minimum: 1 });
const metres = Type.Number({ exclusiveMinimum: 0 });
const point = Type.Object({ x: Type.Number(), y: Type.Number() }, closed);

const BlockEntry = Type.Object(
  {
    /** Where there are copies, it ends with a number, and each copy has the next one. */
    name: text,
    category: text,
    /** The middle of the front row of a block with straight rows … */
    at: Type.Optional(point),
    /** … or the middle of the circles on which the rows of a curved block lie, the front row at `radius`. */
    around: Type.Optional(point),
    radius: Type.Optional(metres),
    /** Degrees on the plan in which the rows follow each other: 0 to the right, 90 (the default) downwards. */
    angle: Type.Optional(Type.Number()),
    rows: count,
    /** In each row; or row by row; or growing evenly from the front row to the back row. */
    seats: Type.Union([count, Type.Array(count), Type.Object({ from: count, to: count }, closed)]),
    rowSpacing: Type.Optional(metres),
    seatSpacing: Type.Optional(metres),
    /** A letter or a number: "A" (the default) is followed by B, Z by AA; "1" by 2. */
    firstRow: Type.Optional(Type.String({ pattern: '^([A-Z]+|[1-9][0-9]*)$' })),
    /** Seats of a row, from the first to the last when not said otherwise. */
    accessible: Type.Optional(
      Type.Array(Type.Object({ row: text, from: Type.Optional(count), to: Type.Optional(count) }, closed)),
    ),
    /** As many blocks in all, each turned by `turn` degrees around `around` and moved by `step` from the one before. */
    copies: Type.Optional(
      Type.Object({ count, turn: Type.Optional(Type.Number()), step: Type.Optional(point) }, closed),
    ),
    /** The same again on the other side, at −x: the name there, from which the copies count down. */
    mirror: Type.Optional(text),
  },
  closed,
);

const File = Type.Object(
  {
    /** On the wire. */
    number: Type.Integer({ minimum: 0 }),
    name: text,
    title: text,
    capacity: count,
    stage: point,
    categories: Type.Array(Type.Object({ id: text, name: text, pricePercent: Type.Integer({ minimum: 0 }) }, closed), {
      minItems: 1,
      maxItems: 255,
    }),
    blocks: Type.Array(BlockEntry, { minItems: 1 }),
  },
  closed,
);

type Point = { readonly x: number; readonly y: number };
type File = Static<typeof File>;
type Entry = Static<typeof BlockEntry>;

/** A block of a venue; lengths in metres, angles in degrees, x to the right and y downwards on the plan. */
export type Block = {
  /** Where in the file it is described. */
  readonly path: string;
  readonly name: string;
  readonly category: string;
  /** Straight rows behind the middle of the front row, or rows on circles around a point. */
  readonly stands: { readonly at: Point } | { readonly around: Point; readonly radius: number };
  readonly angle: number;
  readonly rows: number;
  readonly seats: Entry['seats'];
  readonly rowSpacing: number;
  readonly seatSpacing: number;
  readonly firstRow: string;
  readonly accessible: readonly { readonly row: string; readonly from: number; readonly to: number | undefined }[];
};

export type VenueFile = Readonly<Omit<File, 'blocks'>> & { readonly blocks: readonly Block[] };

/** The file with every copy of a block on its own. Throws an `Error` that names every mistake in its shape. */
export function readShape(file: string, json: string): VenueFile {
  const venue = parse(file, json);
  const mistakes = Value.Check(File, venue) ? venue.blocks.flatMap(misshapen) : mistakesOf(File, venue);
  if (mistakes.length > 0) throw new Error(mistakes.map((mistake) => `${file}: ${mistake}`).join('\n'));
  const { blocks, ...rest } = venue as File;
  return { ...rest, blocks: blocks.flatMap(copiesOf) };
}

function parse(file: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${file}: it is not JSON: ${(error as Error).message}`);
  }
}

// A member that is not known is told twice, once with a path that ends with it.
function mistakesOf(schema: TSchema, value: unknown): string[] {
  const errors = Value.Errors(schema, value).filter(({ keyword }) => keyword !== 'boolean');
  return errors.map(({ instancePath, message, params }) => {
    const [unknown] = 'additionalProperties' in params ? (params.additionalProperties as string[]) : [];
    return `${instancePath.slice(1) || '(all)'}: ${unknown ? `there is no "${unknown}" here` : message}`;
  });
}

function misshapen(entry: Entry, index: number): string[] {
  const { at, around, radius, seats, rows, name, copies, mirror } = entry;
  const mistakes = [];
  if ((at === undefined) === (around === undefined)) mistakes.push('it stands either "at" a point or "around" one');
  if ((around === undefined) !== (radius === undefined)) mistakes.push('"around" and "radius" belong together');
  if (Array.isArray(seats) && seats.length !== rows)
    mistakes.push(`it has ${rows} rows, but seats for ${seats.length}`);
  if (copies && [name, mirror ?? '1'].some((each) => !/\d$/.test(each)))
    mistakes.push('copies need a number in the name');
  if (copies?.turn !== undefined && !around) mistakes.push('only what stands "around" a point can turn');
  return mistakes.map((mistake) => `blocks/${index} ("${name}"): ${mistake}`);
}

function copiesOf(entry: Entry, index: number): Block[] {
  const copies = Array.from({ length: entry.copies?.count ?? 1 }, (_, nth) => copyOf(entry, nth, `blocks/${index}`));
  const { mirror } = entry;
  return mirror === undefined
    ? copies
    : [...copies, ...copies.map((copy, nth) => mirrored(copy, nameOf(mirror, -nth)))];
}

function copyOf(entry: Entry, nth: number, path: string): Block {
  const { name, category, rows, seats, rowSpacing, seatSpacing, firstRow, accessible, angle, copies } = entry;
  return {
    path,
    name: nameOf(name, nth),
    category,
    stands: standsOf(entry, nth),
    angle: (angle ?? 90) + nth * (copies?.turn ?? 0),
    rows,
    seats,
    rowSpacing: rowSpacing ?? 0.85,
    seatSpacing: seatSpacing ?? 0.5,
    firstRow: firstRow ?? 'A',
    accessible: (accessible ?? []).map(({ row, from = 1, to }) => ({ row, from, to })),
  };
}

function nameOf(first: string, nth: number): string {
  return nth === 0 ? first : first.replace(/\d+$/, (digits) => `${Number(digits) + nth}`);
}

function standsOf({ at, around, radius, copies }: Entry, nth: number): Block['stands'] {
  const { x, y } = copies?.step ?? { x: 0, y: 0 };
  const moved = (point: Point) => ({ x: point.x + nth * x, y: point.y + nth * y });
  if (at) return { at: moved(at) };
  return { around: moved(around as Point), radius: radius as number };
}

function mirrored(block: Block, name: string): Block {
  const { stands, angle } = block;
  const across = ({ x, y }: Point) => ({ x: -x, y });
  const there = 'at' in stands ? { at: across(stands.at) } : { ...stands, around: across(stands.around) };
  return { ...block, name, stands: there, angle: 180 - angle };
}

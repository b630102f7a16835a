/** `accepted`: others send it to us. `sent`: we send it to others. */
export type Direction = 'accepted' | 'sent';

/** A change that breaks somebody: where in the schema (a JSON pointer), by which rule, and why. */
export type Breach = { readonly path: string; readonly rule: string; readonly reason: string };

export type Keywords = { readonly [keyword: string]: unknown };

export type Place = { readonly direction: Direction; readonly path: string };

/** One subschema before and after; every instance of `inner` must be one of `outer`. */
export type Pair = Place & {
  readonly before: Keywords;
  readonly after: Keywords;
  readonly inner: Keywords;
  readonly outer: Keywords;
};

/** Judges a subschema of the pair's two schemas; an absent one allows everything. */
export type Judge = (before: unknown, after: unknown, place: Place) => Breach[];

export function keywordsOf(schema: unknown): Keywords {
  if (schema === false) return { enum: [] };
  return typeof schema === 'object' && schema !== null ? (schema as Keywords) : {};
}

export function breach({ path }: Place, rule: string, keyword: string, reason: string): Breach {
  return { path: `${path}/${escaped(keyword)}`, rule, reason };
}

/** A JSON pointer's spelling of one member name. */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

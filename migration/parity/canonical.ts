/** What a value is, and so how it is written to be compared: in the same way by both databases, whatever their settings. */
export type Kind =
  /** By its bytes in UTF-8: blanks at its end, case and combining characters count. */
  | 'text'
  | 'uuid'
  /** smallint to bigint. */
  | 'integer'
  /** With its scale: 1.5 is not 1.50. */
  | 'numeric'
  /** In UTC, to the microsecond; infinity is a value like others. */
  | 'timestamptz'
  | 'boolean'
  /** By the bytes. */
  | 'bytea'
  /** By its meaning: neither white space nor the order of members counts. */
  | 'jsonb';

/**
 * The SQL of a value's canonical text; null for null. `expression` is SQL of the kind's type: it is not quoted, and comes
 * from who plans a move, never from data.
 */
export function canonicalText(expression: string, kind: Kind): string {
  return writers[kind](`(${expression})`);
}

/** The same for a sum, which nobody reads: written in less time, and as different for values that differ. */
export function summedText(expression: string, kind: Kind): string {
  return kind === 'timestamptz' ? `encode(timestamptz_send((${expression})), 'hex')` : canonicalText(expression, kind);
}

/** The SQL of a row's canonical text, of texts: no two rows that differ have the same, as PostgreSQL quotes what has to be. */
export function canonicalRow(texts: readonly string[]): string {
  return `row(${texts.join(', ')})::text`;
}

const writers: Readonly<Record<Kind, (value: string) => string>> = {
  text: (value) => `${value}::text`,
  uuid: (value) => `${value}::uuid::text`,
  integer: (value) => `${value}::bigint::text`,
  numeric: (value) => `${value}::numeric::text`,
  timestamptz: (value) =>
    `case when isfinite(${value}) then to_char(${value} at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US AD') else ${value}::text end`,
  boolean: (value) => `case when ${value} then 't' when not ${value} then 'f' end`,
  bytea: (value) => `encode(${value}, 'hex')`,
  jsonb: (value) => `${value}::jsonb::text`,
};

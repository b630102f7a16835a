import { quotedName, type Row } from '@ticketbuddy/change-stream';
import pg from 'pg';
import type { DirectedColumn, Direction } from './direction.ts';

/**
 * How the row of a chunk is read at the source as one line of COPY, such that the end of the line is one for the other
 * table. Before that come what is only looked at: whether the row would come back as it is, and the values that
 * are converted.
 */
export type LineForm = {
  /** SQL of the fields, over a row of the source. */
  readonly values: readonly string[];
  /** How many of the fields are only looked at. */
  readonly ahead: number;
  /** How many fields from the first on tell whether the row is for this way. */
  readonly judged: number;
  /** The columns of the other table that the fields behind those go to, quoted. */
  readonly into: readonly string[];
  /** Where the source's columns are among the fields, as they are there. */
  readonly places: readonly { readonly column: DirectedColumn; readonly at: number }[];
};

/** `undefined` where the key is not the same on both sides. */
export function lineFormOf({ from, columns, extra }: Direction): LineForm | undefined {
  const isKey = (column: DirectedColumn) => from.key.includes(column.from);
  const [converted, same] = [columns.filter(({ convert }) => convert), columns.filter(({ convert }) => !convert)];
  if (converted.some(isKey)) return undefined;
  const keys = from.key.flatMap((name) => same.filter((column) => column.from === name));
  const refusing = same.filter((column) => column.refuse && !isKey(column));
  const plain = same.filter((column) => !column.refuse && !isKey(column));
  const [ahead, behind] = [1 + converted.length, [...keys, ...refusing, ...plain]];
  const places = [...converted, ...behind].map((column, nth) => ({ column, at: 1 + nth }));
  return {
    values: [
      soundness(converted),
      ...[...converted, ...behind].map(sqlOf),
      ...converted.map((column) => column.convert?.(sqlOf(column)) ?? ''),
      ...Object.values(extra),
    ],
    ahead,
    judged: ahead + keys.length + refusing.length,
    into: [...[...behind, ...converted].map(({ into }) => into), ...Object.keys(extra)].map((name) =>
      pg.escapeIdentifier(name),
    ),
    places,
  };
}

/** SQL of a line's fields, and of its table's columns, which have to be of the same types. */
export function typedPairs({ values, ahead, into }: LineForm) {
  return { values: values.slice(ahead), columns: into };
}

/** The SQL that takes the ends of lines. */
export function copyInto({ into }: Direction, form: LineForm): string {
  return `copy ${quotedName(into)} (${form.into.join(', ')}) from stdin`;
}

/** Where in the line that begins which is for the other table. */
export function endOf(line: Buffer, { ahead }: LineForm): number {
  let at = 0;
  for (let field = 0; field < ahead; field++) at = line.indexOf(tab, at) + 1;
  return at;
}

/** Tells of each line whether its row is for this way: sound, refused by no column, and its key not one of those. */
export function createJudge(form: LineForm, direction: Direction, apart: readonly Row[]): (line: Buffer) => boolean {
  const { key } = direction.from;
  const keyAt = form.ahead;
  const apartKeys = new Set(apart.map((row) => key.map((name) => fieldOf(row[name] ?? null)).join('\t')));
  const refusing = form.places.filter(({ column }) => column.refuse);
  return (line) => {
    const fields = line.toString('utf8', 0, line.length - 1).split('\t', form.judged);
    if (fields[0] !== 't') return false;
    if (apartKeys.size > 0 && apartKeys.has(fields.slice(keyAt, keyAt + key.length).join('\t'))) return false;
    return refusing.every(({ column, at }) => {
      const value = textOf(fields[at]);
      return value === null || column.refuse?.(value) === undefined;
    });
  };
}

/** The row of the source, its values as they are there. */
export function rowOf(line: Buffer, { places }: LineForm): Row {
  const fields = line.toString('utf8', 0, line.length - 1).split('\t');
  return Object.fromEntries(places.map(({ column, at }) => [column.from, textOf(fields[at])]));
}

const tab = 9;

function sqlOf({ from }: DirectedColumn): string {
  return pg.escapeIdentifier(from);
}

function soundness(converted: readonly DirectedColumn[]): string {
  const conditions = converted.flatMap((column) => {
    const { convert, convertBack } = column;
    return convert && convertBack
      ? [`${convertBack(`(${convert(sqlOf(column))})`)} is not distinct from ${sqlOf(column)}`]
      : [];
  });
  return conditions.join(' and ') || 'true';
}

// https://www.postgresql.org/docs/current/sql-copy.html, "Text Format".
const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const letters = new Map(Object.entries(escapes).map(([letter, character]) => [character, letter]));

function textOf(field = ''): string | null {
  if (field === '\\N') return null;
  return field.includes('\\') ? field.replace(/\\(.)/g, (_escape, letter) => escapes[letter] ?? letter) : field;
}

function fieldOf(value: string | null): string {
  if (value === null) return '\\N';
  return value.replace(/[\\\b\f\n\r\t\v]/g, (character) => `\\${letters.get(character) ?? character}`);
}

import { createHash } from 'node:crypto';
import { SchemaChanged } from './errors.ts';

export type Column = { readonly name: string; readonly typeOid: number; readonly typeMod: number };

/**
 * What a table's rows look like as they are captured: its columns in order, and which of the old row's stand in the log, `null`
 * when they do not come from there.
 */
export type Shape = { readonly table: string; readonly identity: string | null; readonly columns: readonly Column[] };

/** Throws `SchemaChanged` unless both are the same. */
export function assertSameShape(known: Shape, found: Shape): void {
  const [before, now] = [describe(known), describe(found)];
  if (before !== now) throw new SchemaChanged(known.table, before, now);
}

// The type by its number: two types of one name are different ones.
function describe({ identity, columns }: Shape): string {
  const list = columns.map(({ name, typeOid, typeMod }) => `${name} ${typeOid}${typeMod < 0 ? '' : `:${typeMod}`}`);
  return `(${list.join(', ')})${identity === null ? '' : ` with identity ${identity}`}`;
}

/** One value for the columns: what `shapeHashSql` computes in the source. */
export function shapeHash({ columns }: Pick<Shape, 'columns'>): string {
  const list = columns.map(({ name, typeOid, typeMod }) => `${name} ${typeOid}:${typeMod}`);
  return createHash('md5').update(list.join(',')).digest('hex');
}

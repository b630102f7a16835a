import { SchemaChanged } from './errors.ts';

export type Column = { readonly name: string; readonly typeOid: number; readonly typeMod: number };

/** What a table's rows look like in the log: its columns in order, and which of the old row's are written. */
export type Shape = { readonly table: string; readonly identity: string; readonly columns: readonly Column[] };

/** Throws `SchemaChanged` unless both are the same. */
export function assertSameShape(known: Shape, found: Shape): void {
  const [before, now] = [describe(known), describe(found)];
  if (before !== now) throw new SchemaChanged(known.table, before, now);
}

// The type by its number: two types of one name are different ones.
function describe({ identity, columns }: Shape): string {
  const list = columns.map(({ name, typeOid, typeMod }) => `${name} ${typeOid}${typeMod < 0 ? '' : `:${typeMod}`}`);
  return `(${list.join(', ')}) with identity ${identity}`;
}

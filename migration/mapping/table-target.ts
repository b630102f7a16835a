import { collapse, type Reject, type TableTarget } from '@ticketbuddy/backfill';
import type { Change, Row } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import { type Direction, directionOf } from './direction.ts';
import { loadOf } from './load.ts';
import type { TableMapping, To } from './mapping.ts';
import { type Statements, statementsOf, writeRows } from './store.ts';

type Upsert = Extract<Change, { readonly row: Row }>;

/**
 * Where the rows of the mapped table go. A row is rejected when it has no faithful value on the other side: the mapping
 * refuses it, the database does, or its values would not come back as they were.
 */
export function tableTarget(mapping: TableMapping, to: To, isCopied = to === 'next'): TableTarget {
  const direction = directionOf(mapping, to);
  const statements = statementsOf(direction);
  const { from } = direction;
  const load = loadOf(direction);
  return {
    table: from,
    isCopied,
    ...(load && { load }),
    async apply(tx, changes) {
      const { isTruncated, deleted, upserted } = collapse(changes, from.key);
      if (isTruncated) await tx.query(statements.empty);
      if (deleted.length > 0)
        await tx.query(
          statements.remove,
          from.key.map((name) => deleted.map((key) => key[name])),
        );
      const lastOf = new Map(changes.flatMap((change) => (change.row ? [[change.row, change] as const] : [])));
      const last = upserted.flatMap((row) => lastOf.get(row) ?? []);
      const refused = last.flatMap((change) => refusalOf(change, direction));
      const isRefused = new Set(refused.map(({ change }) => change));
      const sound = last.filter((change) => !isRefused.has(change));
      return [...refused, ...(await written(tx, statements, sound))];
    },
  };
}

function refusalOf(change: Upsert, { columns }: Direction): Reject[] {
  for (const { from, refuse } of columns) {
    const value = change.row[from];
    const reason = typeof value === 'string' ? refuse?.(value) : undefined;
    if (reason !== undefined) return [{ change, reason: `${from}: ${reason}` }];
  }
  return [];
}

/** Answers what the database refused: found by writing ever smaller halves. */
async function written(tx: pg.PoolClient, statements: Statements, changes: readonly Upsert[]): Promise<Reject[]> {
  if (changes.length === 0) return [];
  const outcome = await writeRows(
    tx,
    statements,
    changes.map(({ row }) => row),
  );
  if ('unfaithful' in outcome) return outcome.unfaithful.flatMap((nth) => toReject(changes[nth], notTheSame));
  if (changes.length === 1) return toReject(changes[0], outcome.refused);
  const middle = changes.length >> 1;
  const first = await written(tx, statements, changes.slice(0, middle));
  return [...first, ...(await written(tx, statements, changes.slice(middle)))];
}

const notTheSame = 'its values would not come back as they were';

function toReject(change: Upsert | undefined, reason: string): Reject[] {
  return change ? [{ change, reason }] : [];
}

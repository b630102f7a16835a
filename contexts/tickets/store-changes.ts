import type { Database } from '@ticketbuddy/postgres/database';
import { type Selectable, sql } from 'kysely';
import type { DB } from './tables.gen.ts';

/** Seats that have become something else at a version. */
export type SeatsChanged = { readonly version: number; readonly seats: readonly number[] };

/** Versions of an event: those after the first number, up to the second. */
export type Span = { readonly eventId: string; readonly after: number; readonly upTo: number };

/**
 * What has become of the seats of an event, in the order in which it did. Answers `undefined` when there is more than
 * `limit`, or when the seats were made meanwhile.
 */
export async function changesBetween(
  { query }: Database<DB>,
  { eventId, after, upTo }: Span,
  limit: number,
): Promise<readonly SeatsChanged[] | undefined> {
  const { rows } = await sql<Pick<Selectable<DB['ledger']>, 'version' | 'kind' | 'numbers'>>`
    select version, kind, case when kind in ('created', 'priced') then '{}' else numbers end as numbers
    from tickets.ledger where event_id = ${eventId} and version > ${after} and version <= ${upTo}
    order by version, nth limit ${limit + 1}`.execute(query);
  if (rows.length > limit || rows.some(({ kind }) => kind === 'created')) return undefined;
  return rows.map(({ version, numbers }) => ({ version, seats: numbers }));
}

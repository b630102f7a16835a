import type { Database } from '@ticketbuddy/postgres/database';
import { type Selectable, sql } from 'kysely';
import type { DB } from './tables.gen.ts';

/** A request that its client may send again. */
export type Attempt = { readonly scope: string; readonly key: string; readonly requestHash: Buffer };

/** What was decided before; without `refused` it was granted. `answer` is JSON: what the answer told beside that. */
export type Decision = Attempt & {
  readonly refused?: { readonly code: string; readonly text: string };
  readonly answer?: string;
};

/** What was decided on those of the attempts that are known. */
export async function findDecisions(
  { query }: Pick<Database<DB>, 'query'>,
  attempts: readonly Attempt[],
): Promise<Decision[]> {
  const { rows } = await sql<Omit<Selectable<DB['idempotency']>, 'answer'> & { answer: string | null }>`
    select scope, key, request_hash, refused_code, refused_text, created_at, answer::text from tickets.idempotency
    where (scope, key) in (
      select * from unnest(${attempts.map(({ scope }) => scope)}::text[], ${attempts.map(({ key }) => key)}::text[]))`.execute(
    query,
  );
  return rows.map(({ scope, key, request_hash, refused_code: code, refused_text: text, answer }) => ({
    scope,
    key,
    requestHash: request_hash,
    ...(code !== null && text !== null && { refused: { code, text } }),
    ...(answer !== null && { answer }),
  }));
}

/** Deletes records made before `before`, the oldest first, at most `limit` a call. Answers how many. */
export async function deleteIdempotencyRecords(
  { query }: Database<DB>,
  before: Temporal.Instant,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from tickets.idempotency where ctid = any(array(
      select ctid from tickets.idempotency
      where created_at < ${before.toString()} order by created_at limit ${limit}))`.execute(query);
  return Number(numAffectedRows ?? 0);
}

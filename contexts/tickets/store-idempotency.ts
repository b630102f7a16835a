import type { Database, Transact } from '@ticketbuddy/postgres';
import { type Selectable, sql } from 'kysely';
import type { DB } from './tables.gen.ts';

/** A request that its client may send again. */
export type Attempt = { readonly scope: string; readonly key: string; readonly requestHash: Buffer };

/** What was decided before; without `refused` it was granted. */
export type Decision = Attempt & { readonly refused?: { readonly code: string; readonly text: string } };

type Row = Selectable<DB['idempotency']>;

/**
 * Takes the attempts whose key is new, as granted, and answers the records of the others. An attempt with the same key
 * that another transaction has under way is waited for.
 */
export async function claimAttempts(
  tx: Transact<DB>,
  attempts: readonly Attempt[],
  now: Temporal.Instant,
): Promise<Decision[]> {
  const { rows: claimed } = await sql<Pick<Row, 'scope' | 'key'>>`
    insert into tickets.idempotency (scope, key, request_hash, created_at)
    select scope, key, hash, ${now.toString()}
    from unnest(${attempts.map(({ scope }) => scope)}::text[], ${attempts.map(({ key }) => key)}::text[],
      ${attempts.map(({ requestHash }) => requestHash)}::bytea[]) as a (scope, key, hash)
    order by scope, key on conflict do nothing returning scope, key`.execute(tx);
  return claimed.length === attempts.length ? [] : findDecisions(tx, without(attempts, claimed));
}

/** Notes which of the claimed attempts were refused. */
export async function noteRefused(tx: Transact<DB>, records: readonly Decision[]): Promise<void> {
  await sql`
    update tickets.idempotency as i set refused_code = r.code, refused_text = r.text
    from unnest(${records.map(({ scope }) => scope)}::text[], ${records.map(({ key }) => key)}::text[],
      ${records.map(({ refused }) => refused?.code)}::text[], ${records.map(({ refused }) => refused?.text)}::text[])
      as r (scope, key, code, text)
    where i.scope = r.scope and i.key = r.key`.execute(tx);
}

/** Deletes records made before `before`, the oldest first, at most `limit` a call. Answers how many. */
export async function deleteIdempotencyRecords(
  { query }: Database<DB>,
  before: Temporal.Instant,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from tickets.idempotency where (scope, key) in (
      select scope, key from tickets.idempotency
      where created_at < ${before.toString()} order by created_at limit ${limit})`.execute(query);
  return Number(numAffectedRows ?? 0);
}

function without(attempts: readonly Attempt[], claimed: readonly Pick<Row, 'scope' | 'key'>[]): Attempt[] {
  const taken = new Set(claimed.map(({ scope, key }) => `${scope} ${key}`));
  return attempts.filter(({ scope, key }) => !taken.has(`${scope} ${key}`));
}

async function findDecisions(tx: Transact<DB>, attempts: readonly Attempt[]): Promise<Decision[]> {
  const { rows } = await sql<Row>`
    select scope, key, request_hash, refused_code, refused_text, created_at from tickets.idempotency
    where (scope, key) in (
      select * from unnest(${attempts.map(({ scope }) => scope)}::text[], ${attempts.map(({ key }) => key)}::text[]))`.execute(
    tx,
  );
  return rows.map(({ scope, key, request_hash, refused_code: code, refused_text: text }) => ({
    scope,
    key,
    requestHash: request_hash,
    ...(code !== null && text !== null && { refused: { code, text } }),
  }));
}

import type { Database, Transact } from '@ticketbuddy/postgres/database';
import { type Selectable, sql } from 'kysely';
import type { DB } from './tables.gen.ts';

export type KeyRow = Selectable<DB['signing_keys']>;

/** Until the transaction ends nobody else, in any process, adds a key. */
export async function lockKeys(tx: Transact<DB>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('tickets.signing_keys'))`.execute(tx);
}

export async function newestKey({ query }: Pick<Database<DB>, 'query'>): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    select id, private_key, public_key, created_at from tickets.signing_keys
    order by created_at desc limit 1`.execute(query);
  return rows[0];
}

/** The newest first, without their private halves. */
export async function publicKeys({ query }: Pick<Database<DB>, 'query'>): Promise<Pick<KeyRow, 'id' | 'public_key'>[]> {
  const { rows } = await sql<Pick<KeyRow, 'id' | 'public_key'>>`
    select id, public_key from tickets.signing_keys order by created_at desc`.execute(query);
  return rows;
}

/** Adds a key as the newest, even when the clock has stepped back since the last one. Call `lockKeys` before. */
export async function addKey(tx: Transact<DB>, key: Omit<KeyRow, 'created_at'>, now: Temporal.Instant): Promise<void> {
  await sql`
    insert into tickets.signing_keys (id, private_key, public_key, created_at)
    select ${key.id}, ${key.private_key}, ${key.public_key},
      greatest(${now.toString()}::timestamptz, max(created_at) + interval '1 microsecond')
    from tickets.signing_keys`.execute(tx);
}

import type { Transact } from '@ticketbuddy/postgres/database';
import { sql } from 'kysely';
import type pg from 'pg';
import type { Message } from './message.ts';

/**
 * Those of `messages` that come for the first time, in their order; of two with one id the first. Remembers them in the
 * consumer's transaction.
 */
export async function firstDeliveries(
  // biome-ignore lint/suspicious/noExplicitAny: the inbox has the same columns in every context's tables.
  tx: Transact<any>,
  schema: string,
  messages: readonly Message[],
): Promise<Message[]> {
  // In the order of the ids, so that two transactions that remember the same ones do not wait for each other.
  const { rows } = await sql<{ message_id: string }>`
    insert into ${sql.id(schema, 'inbox')} (message_id)
    select id from unnest(${messages.map(({ id }) => id)}::uuid[]) as id order by id
    on conflict do nothing returning message_id`.execute(tx);
  const first = new Set(rows.map(({ message_id }) => message_id));
  return messages.filter(({ id }) => first.delete(id.toLowerCase()));
}

/**
 * Forgets what was received more than `keepMs` ago, at most 10,000 ids a call. Answers how many. Rows are named by their
 * place (ctid), since joining a table with itself can be planned as a nested loop of 10,000 scans when its statistics
 * are from before it grew.
 */
export async function pruneInbox(pool: pg.Pool, schema: string, keepMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from ${schema}.inbox where ctid = any(array(
       select ctid from ${schema}.inbox
       where received_at < now() - $1 * interval '1 millisecond' limit 10000))`,
    [keepMs],
  );
  return rowCount ?? 0;
}

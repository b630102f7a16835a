import type { Transact } from '@ticketbuddy/postgres';
import { sql } from 'kysely';
import type pg from 'pg';

/** Whether the message comes for the first time; remembers it in the consumer's transaction. */
// biome-ignore lint/suspicious/noExplicitAny: the inbox has the same columns in every context's tables.
export async function isFirstDelivery(tx: Transact<any>, schema: string, messageId: string): Promise<boolean> {
  const { rows } = await sql`
    insert into ${sql.id(schema, 'inbox')} (message_id) values (${messageId})
    on conflict do nothing returning message_id`.execute(tx);
  return rows.length === 1;
}

/** Forgets what was received more than `keepMs` ago, at most 10,000 ids a call. Answers how many. */
export async function pruneInbox(pool: pg.Pool, schema: string, keepMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from ${schema}.inbox where message_id in (
       select message_id from ${schema}.inbox
       where received_at < now() - $1 * interval '1 millisecond' limit 10000)`,
    [keepMs],
  );
  return rowCount ?? 0;
}

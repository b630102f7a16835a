import type { Transact } from '@ticketbuddy/postgres';
import { sql } from 'kysely';
import type { Message } from './message.ts';

/** Where a schema's relay hears of new rows in its outbox. */
export function outboxChannel(schema: string): string {
  return `outbox.${schema}`;
}

/** Adds a message to the outbox of `schema`: it exists if and only if the transaction commits. */
// biome-ignore lint/suspicious/noExplicitAny: the outbox has the same columns in every context's tables.
export async function addToOutbox(tx: Transact<any>, schema: string, message: Message): Promise<void> {
  await sql`
    with added as (
      insert into ${sql.id(schema, 'outbox')} (message_id, urn, key, version, sent_at, body)
      values (${message.id}, ${message.urn}, ${message.key}, ${message.version}, ${message.sentAt.toString()},
        ${JSON.stringify(message.body)})
    )
    select pg_notify(${outboxChannel(schema)}, '')`.execute(tx);
}

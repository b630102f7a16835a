import type { Transact } from '@ticketbuddy/postgres/database';
import { currentTraceparent } from '@ticketbuddy/telemetry';
import { sql } from 'kysely';
import type pg from 'pg';
import type { Message } from './message.ts';
import { outboxChannel } from './outbox-channel.ts';

/**
 * Adds a message to the outbox of `schema`: it exists if and only if the transaction commits. Its trace is the current
 * one, unless it brings its own.
 */
// biome-ignore lint/suspicious/noExplicitAny: the outbox has the same columns in every context's tables.
export async function addToOutbox(tx: Transact<any>, schema: string, message: Message): Promise<void> {
  const { traceparent = currentTraceparent() } = message;
  await sql`
    with added as (
      insert into ${sql.id(schema, 'outbox')} (message_id, urn, key, version, sent_at, traceparent, body)
      values (${message.id}, ${message.urn}, ${message.key}, ${message.version}, ${message.sentAt.toString()},
        ${traceparent ?? null}, ${JSON.stringify(message.body)})
    )
    select pg_notify(${outboxChannel(schema)}, '')`.execute(tx);
}

export type Way = {
  /** The schema that publishes. */
  readonly from: string;
  /** The schema that receives, and the types that it takes. */
  readonly to: string;
  readonly urns: readonly string[];
  readonly sentFrom: Temporal.Instant;
};

/** The ids of what was sent on this way since then and is not in the receiver's inbox: it is under way, or parked. */
export async function notReceived(pool: pg.Pool, { from, to, urns, sentFrom }: Way): Promise<string[]> {
  const { rows } = await pool.query<{ message_id: string }>(
    `select message_id from ${from}.outbox as sent where sent_at >= $1 and urn = any($2)
       and not exists (select from ${to}.inbox as received where received.message_id = sent.message_id)`,
    [sentFrom.toString(), urns],
  );
  return rows.map(({ message_id }) => message_id);
}

import { withLock } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Broker } from './message.ts';
import { type MessageRow, toMessage } from './message-row.ts';

const batchSize = 500;
const batchesMax = 4;

type OutboxRow = MessageRow & { readonly position: number };

/**
 * Publishes what waits in the outbox of `schema`, oldest first, and marks it: a few batches at most, each read while the
 * one before it is confirmed. Only one process at a time does so per outbox, which keeps the order; in the others the
 * pass does nothing. Killed before its end, it publishes again: consumers have their inbox. Answers how many messages it
 * published.
 */
export async function relayPass(pool: pg.Pool, schema: string, broker: Broker): Promise<number> {
  const pass = (client: pg.PoolClient) => publishWaiting(client, schema, broker);
  return (await withLock(pool, `relay.${schema}`, pass, { mayBeForgotten: true })) ?? 0;
}

/** Deletes what was published more than `keepMs` ago, at most 10,000 rows a call. Answers how many it deleted. */
export async function pruneOutbox(pool: pg.Pool, schema: string, keepMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from ${schema}.outbox where ctid = any(array(
       select ctid from ${schema}.outbox
       where published_at < now() - $1 * interval '1 millisecond' order by position limit 10000))`,
    [keepMs],
  );
  return rowCount ?? 0;
}

async function publishWaiting(client: pg.PoolClient, schema: string, broker: Broker): Promise<number> {
  let published = 0;
  let batch = await markBatch(client, schema);
  for (let nth = 1; batch.length > 0; nth++) {
    const more = batch.length === batchSize && nth < batchesMax;
    const [next] = await Promise.all([more ? markBatch(client, schema) : [], broker.publish(batch.map(toMessage))]);
    published += batch.length;
    batch = next;
  }
  return published;
}

// Marked before they are published, so that the next batch does not find them again: nobody sees it before the commit.
async function markBatch(client: pg.PoolClient, schema: string): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>(
    `with marked as (
       update ${schema}.outbox set published_at = now()
       where position in (
         select position from ${schema}.outbox where published_at is null order by position limit $1)
       returning position, message_id, urn, key, version, sent_at, traceparent, body
     )
     select * from marked order by position`,
    [batchSize],
  );
  return rows;
}

import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { BrokerAdmin, Chosen, ParkedMessage, QueueDepth } from './broker-admin.ts';
import { queueChannel } from './embedded-broker.ts';
import type { MessageRow } from './message-row.ts';

/** Sees and handles what is parked in the queues that `createEmbeddedBroker` keeps in PostgreSQL. */
export function createEmbeddedAdmin(pool: pg.Pool): BrokerAdmin {
  return {
    depths: (queues) => depths(pool, queues),
    parked: (queue) => parked(pool, queue),
    retry: (queue, chosen) => withTransaction(pool, (client) => retry(client, queue, chosen)),
    drop: (queue, chosen) => withTransaction(pool, (client) => drop(client, queue, chosen)),
    close: async () => undefined,
  };
}

async function depths(pool: pg.Pool, queues: readonly string[]): Promise<QueueDepth[]> {
  const { rows } = await pool.query<QueueDepth>(
    `select q.queue,
       (select count(*) from broker.messages as m where m.queue = q.queue and parked_at is null)::int as waiting,
       (select count(*) from broker.messages as m where m.queue = q.queue and parked_at is not null)::int as parked
     from unnest($1::text[]) with ordinality as q(queue, nth) order by nth`,
    [queues],
  );
  return rows;
}

type ParkedRow = Omit<MessageRow, 'body'> & {
  readonly body: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly parked_at: Temporal.Instant;
};

async function parked(pool: pg.Pool, queue: string): Promise<ParkedMessage[]> {
  const { rows } = await pool.query<ParkedRow>(
    `select message_id, urn, key, version, sent_at, traceparent, body::text, reason, attempts, parked_at
     from broker.messages where queue = $1 and parked_at is not null order by parked_at, position`,
    [queue],
  );
  return rows.map((row) => toParked(queue, row));
}

function toParked(queue: string, row: ParkedRow): ParkedMessage {
  const { key, version, traceparent } = row;
  return {
    queue,
    id: row.message_id,
    urn: row.urn,
    reason: row.reason ?? '',
    attempts: row.attempts,
    parkedAt: row.parked_at,
    headers: {
      key,
      ...(version !== null && { version }),
      sentAt: row.sent_at.toString(),
      ...(traceparent !== null && { traceparent }),
    },
    body: row.body,
  };
}

type ChosenRow = { readonly position: number; readonly message_id: string };

// One after the other: that alone makes sure of the order of their new positions.
async function retry(client: pg.PoolClient, queue: string, chosen: Chosen): Promise<string[]> {
  const rows = await lockChosen(client, queue, chosen);
  for (const { position } of rows) {
    await client.query(
      `update broker.messages
       set position = default, attempts = 0, visible_at = now(), parked_at = null, reason = null where position = $1`,
      [position],
    );
  }
  if (rows.length > 0) await client.query(`select pg_notify($1, '')`, [queueChannel(queue)]);
  return rows.map(({ message_id }) => message_id);
}

async function drop(client: pg.PoolClient, queue: string, chosen: Chosen): Promise<string[]> {
  const rows = await lockChosen(client, queue, chosen);
  await client.query('delete from broker.messages where position = any($1)', [rows.map(({ position }) => position)]);
  return rows.map(({ message_id }) => message_id);
}

async function lockChosen(client: pg.PoolClient, queue: string, chosen: Chosen): Promise<ChosenRow[]> {
  const { rows } = await client.query<ChosenRow>(
    `select position, message_id from broker.messages
     where queue = $1 and parked_at is not null and ($2::text[] is null or message_id::text = any($2))
     order by parked_at, position for update`,
    [queue, chosen === 'all' ? null : chosen],
  );
  return rows;
}

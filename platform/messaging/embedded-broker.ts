import type { Notifications } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { repeat } from './loop.ts';
import { type Broker, type BrokerReport, type Handle, type Message, type Queue, retryDelaysMs } from './message.ts';
import { type MessageRow, toMessage } from './message-row.ts';

export const brokerMigrations = { schema: 'broker', folder: new URL('./migrations/', import.meta.url) };

const batchSize = 50;
const idleMs = 5_000;

type Row = MessageRow & { readonly position: number; readonly attempts: number };

type Outcome = { readonly row: Row; readonly failure?: unknown };

export type EmbeddedBrokerOptions = {
  readonly pool: pg.Pool;
  readonly notifications: Notifications;
  readonly report: BrokerReport;
  readonly isTransient: (error: unknown) => boolean;
};

/** Queues in PostgreSQL, woken by NOTIFY. */
export function createEmbeddedBroker(options: EmbeddedBrokerOptions): Broker {
  const { pool, notifications } = options;
  return {
    declare: (queues) => declare(pool, queues),
    publish: (messages) => publish(pool, messages),
    consume(queue, handle) {
      const loop = repeat(pass, { idleMs, onError: options.report.disconnected });
      notifications.listen(queueChannel(queue), loop.wake);
      return loop;
      async function pass(): Promise<number> {
        let hasFailed = false;
        const failed: BrokerReport['failed'] = (...failure) => {
          hasFailed = true;
          options.report.failed(...failure);
        };
        const tried = await consumePass({ ...options, report: { ...options.report, failed } }, queue, handle);
        // Only now is it written when the retries are due.
        if (hasFailed) for (const delayMs of retryDelaysMs) setTimeout(loop.wake, delayMs + 1).unref();
        return tried;
      }
    },
  };
}

/**
 * Hands one batch of a queue's messages to `handle`, one after the other, oldest first. One process at a time works on
 * a queue; a crash gives its messages back at once. A message that fails waits (and those of its key behind it, while
 * the others pass) and is parked after the last retry. Answers how many messages it tried.
 */
export async function consumePass(
  { pool, report, isTransient }: Omit<EmbeddedBrokerOptions, 'notifications'>,
  queue: string,
  handle: Handle,
): Promise<number> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const rows = (await takeQueueLock(client, queue)) ? await dueRows(client, queue) : [];
    const outcomes = await handleInOrder(rows, handle, report);
    await settle(client, queue, outcomes, { report, isTransient });
    await client.query('commit');
    return rows.length;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function declare(pool: pg.Pool, queues: readonly Queue[]): Promise<void> {
  const bindings = queues.flatMap(({ name, urns }) => urns.map((urn) => ({ urn, queue: name })));
  await pool.query(
    `insert into broker.bindings (urn, queue) select urn, queue from unnest($1::text[], $2::text[]) as b(urn, queue)
     order by urn, queue on conflict do nothing`,
    [bindings.map(({ urn }) => urn), bindings.map(({ queue }) => queue)],
  );
}

async function publish(pool: pg.Pool, messages: readonly Message[]): Promise<void> {
  await pool.query(
    `with added as (
       insert into broker.messages (queue, message_id, urn, key, version, sent_at, body)
       select b.queue, m.message_id, m.urn, m.key, m.version, m.sent_at, m.body
       from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::json[])
         with ordinality as m(message_id, urn, key, version, sent_at, body, nth)
       join broker.bindings b on b.urn = m.urn
       order by m.nth
       returning queue
     )
     select pg_notify('queue.' || queue, '') from (select distinct queue from added) as woken`,
    [
      messages.map(({ id }) => id),
      messages.map(({ urn }) => urn),
      messages.map(({ key }) => key),
      messages.map(({ version }) => version),
      messages.map(({ sentAt }) => sentAt.toString()),
      messages.map(({ body }) => JSON.stringify(body)),
    ],
  );
}

function queueChannel(queue: string): string {
  return `queue.${queue}`;
}

async function takeQueueLock(client: pg.PoolClient, queue: string): Promise<boolean> {
  const { rows } = await client.query('select pg_try_advisory_xact_lock(hashtext($1)) as taken', [queueChannel(queue)]);
  return rows[0]?.taken === true;
}

async function dueRows(client: pg.PoolClient, queue: string): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `select position, message_id, urn, key, version, sent_at, body, attempts
     from broker.messages as m
     where queue = $1 and parked_at is null and visible_at <= now()
       and not exists (
         select from broker.messages as earlier
         where earlier.queue = m.queue and earlier.key = m.key and earlier.parked_at is null
           and earlier.position < m.position and earlier.visible_at > now())
     order by position limit $2`,
    [queue, batchSize],
  );
  return rows;
}

async function handleInOrder(rows: readonly Row[], handle: Handle, report: BrokerReport): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waitingKeys = new Set<string>();
  for (const row of rows) {
    if (waitingKeys.has(row.key)) continue;
    const outcome = await attempt(row, handle, report);
    if ('failure' in outcome) waitingKeys.add(row.key);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function attempt(row: Row, handle: Handle, report: BrokerReport): Promise<Outcome> {
  const message = toMessage(row);
  try {
    await handle(message);
    return { row };
  } catch (error) {
    report.failed(message, error, row.attempts + 1);
    return { row, failure: error };
  }
}

type Settling = Pick<EmbeddedBrokerOptions, 'report' | 'isTransient'>;

async function settle(client: pg.PoolClient, queue: string, outcomes: readonly Outcome[], settling: Settling) {
  const done = outcomes.filter((outcome) => !('failure' in outcome)).map(({ row }) => row.position);
  if (done.length > 0) await client.query('delete from broker.messages where position = any($1)', [done]);
  for (const { row, failure } of outcomes) {
    if (failure !== undefined) await postpone(client, queue, row, failure, settling);
  }
}

// What will pass by itself is no attempt: it is tried again until it has passed.
async function postpone(client: pg.PoolClient, queue: string, row: Row, failure: unknown, settling: Settling) {
  const attempts = settling.isTransient(failure) ? row.attempts : row.attempts + 1;
  const delayMs = retryDelaysMs[Math.max(0, attempts - 1)];
  // PostgreSQL keeps no NUL.
  const reason = (failure instanceof Error ? failure.message : String(failure)).replaceAll('\0', '');
  await client.query(
    `update broker.messages set attempts = $2, reason = $3, visible_at = clock_timestamp() + $4 * interval '1 millisecond',
       parked_at = case when $5 then clock_timestamp() end
     where position = $1`,
    [row.position, attempts, reason, delayMs ?? 0, delayMs === undefined],
  );
  if (delayMs === undefined) settling.report.parked(queue, row.message_id, reason);
}

import { type Notifications, withLock } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { repeat } from './loop.ts';
import { type Broker, type BrokerReport, type Handle, type Message, type Queue, retryDelaysMs } from './message.ts';
import { type MessageRow, toMessage } from './message-row.ts';

export const brokerMigrations = { schema: 'broker', folder: new URL('./migrations/', import.meta.url) };

/** No more messages than these are in our hands at once. */
export const batchSize = 512;
const idleMs = 5_000;

type Row = MessageRow & { readonly position: number; readonly queue: string; readonly attempts: number };

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
 * Hands one batch of a queue's messages to `handle`, oldest first: those of one key one after the other, those of
 * different keys beside each other. One process at a time works on a queue; a crash gives its messages back at once. A
 * message that fails waits (and those of its key behind it, while the others pass) and is parked after the last retry.
 * Answers how many messages it tried.
 */
export async function consumePass(
  { pool, report, isTransient }: Omit<EmbeddedBrokerOptions, 'notifications'>,
  queue: string,
  handle: Handle,
): Promise<number> {
  const pass = async (client: pg.PoolClient) => {
    const rows = await dueRows(client, queue);
    const outcomes = await Promise.all(byKey(rows).map((ofKey) => handleInOrder(ofKey, handle, report)));
    await settle(client, queue, outcomes.flat(), { report, isTransient });
    return rows.length;
  };
  return (await withLock(pool, queueChannel(queue), pass, { mayBeForgotten: true })) ?? 0;
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
       insert into broker.messages (queue, message_id, urn, key, version, sent_at, traceparent, body)
       select b.queue, m.message_id, m.urn, m.key, m.version, m.sent_at, m.traceparent, m.body
       from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[], $7::json[])
         with ordinality as m(message_id, urn, key, version, sent_at, traceparent, body, nth)
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
      messages.map(({ traceparent }) => traceparent ?? null),
      messages.map(({ body }) => JSON.stringify(body)),
    ],
  );
}

/** Where the consumer of a queue hears of new messages. */
export function queueChannel(queue: string): string {
  return `queue.${queue}`;
}

// Whatever seems to wait for longer was written before the clock went back.
const waitMsMax = 2 * Math.max(...retryDelaysMs);

async function dueRows(client: pg.PoolClient, queue: string): Promise<Row[]> {
  const waits = `visible_at > now() and visible_at < now() + interval '${waitMsMax} milliseconds'`;
  const { rows } = await client.query<Row>(
    `with failed as materialized (
       select key, min(position) as position from broker.messages
       where queue = $1 and parked_at is null and reason is not null and ${waits} group by key
     )
     select position, queue, message_id, urn, key, version, sent_at, traceparent, body, attempts
     from broker.messages as m
     where queue = $1 and parked_at is null and not (${waits})
       and not exists (select from failed where failed.key = m.key and failed.position < m.position)
     order by position limit $2`,
    [queue, batchSize],
  );
  return rows;
}

function byKey(rows: readonly Row[]): readonly (readonly Row[])[] {
  return [...Map.groupBy(rows, ({ key }) => key).values()];
}

/** What became of the messages of one key: those behind one that fails are not tried. */
async function handleInOrder(rows: readonly Row[], handle: Handle, report: BrokerReport): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const row of rows) {
    const outcome = await attempt(row, handle, report);
    outcomes.push(outcome);
    if ('failure' in outcome) break;
  }
  return outcomes;
}

async function attempt(row: Row, handle: Handle, report: BrokerReport): Promise<Outcome> {
  const message = toMessage(row);
  try {
    await handle(message);
    return { row };
  } catch (error) {
    report.failed(message, error, row.attempts + 1, row.queue);
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

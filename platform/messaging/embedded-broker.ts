import type { Notifications } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { repeat } from './loop.ts';
import type { Broker, Handle, Message, Queue } from './message.ts';
import { type MessageRow, toMessage } from './message-row.ts';

/** The legacy's: two retries, after half a second and after one. Then the message is parked. */
export const retryDelaysMs: readonly number[] = [500, 1_000];

export const brokerMigrations = { schema: 'broker', folder: new URL('./migrations/', import.meta.url) };

const batchSize = 50;
const idleMs = 5_000;

type Row = MessageRow & { readonly position: number; readonly attempts: number };

type Outcome = { readonly position: number; readonly failure?: string; readonly attempts: number };

/** Queues in PostgreSQL, woken by NOTIFY. `report` hears of every failed attempt. */
export function createEmbeddedBroker(
  pool: pg.Pool,
  notifications: Notifications,
  report: (message: Message, error: unknown) => void,
): Broker {
  return {
    declare: (queues) => declare(pool, queues),
    publish: (messages) => publish(pool, messages),
    consume(queue, handle) {
      const loop = repeat(() => consumePass(pool, queue, handle, failed), { idleMs });
      notifications.listen(queueChannel(queue), loop.wake);
      return loop;
      function failed(message: Message, error: unknown): void {
        report(message, error);
        for (const delayMs of retryDelaysMs) setTimeout(loop.wake, delayMs + 1).unref();
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
  pool: pg.Pool,
  queue: string,
  handle: Handle,
  report: (message: Message, error: unknown) => void,
): Promise<number> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const rows = (await takeQueueLock(client, queue)) ? await dueRows(client, queue) : [];
    const outcomes = await handleInOrder(rows, handle, report);
    await settle(client, outcomes);
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

async function handleInOrder(rows: readonly Row[], handle: Handle, report: (message: Message, error: unknown) => void) {
  const outcomes: Outcome[] = [];
  const waitingKeys = new Set<string>();
  for (const row of rows) {
    if (waitingKeys.has(row.key)) continue;
    const failure = await attempt(row, handle, report);
    if (failure !== undefined) waitingKeys.add(row.key);
    outcomes.push({
      position: row.position,
      attempts: row.attempts + 1,
      ...(failure === undefined ? {} : { failure }),
    });
  }
  return outcomes;
}

async function attempt(row: Row, handle: Handle, report: (message: Message, error: unknown) => void) {
  const message = toMessage(row);
  try {
    await handle(message);
    return undefined;
  } catch (error) {
    report(message, error);
    return error instanceof Error ? error.message : String(error);
  }
}

async function settle(client: pg.PoolClient, outcomes: readonly Outcome[]): Promise<void> {
  const done = outcomes.filter(({ failure }) => failure === undefined).map(({ position }) => position);
  if (done.length > 0) await client.query('delete from broker.messages where position = any($1)', [done]);
  for (const { position, attempts, failure } of outcomes) {
    if (failure !== undefined) await postpone(client, position, attempts, failure);
  }
}

async function postpone(client: pg.PoolClient, position: number, attempts: number, reason: string): Promise<void> {
  const delayMs = retryDelaysMs[attempts - 1];
  await client.query(
    `update broker.messages set attempts = $2, reason = $3, visible_at = clock_timestamp() + $4 * interval '1 millisecond',
       parked_at = case when $5 then clock_timestamp() end
     where position = $1`,
    [position, attempts, reason, delayMs ?? 0, delayMs === undefined],
  );
}

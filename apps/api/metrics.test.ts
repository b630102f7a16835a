import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { aVirtualHost, openLine, rabbitMqIsMissing, type TestDatabase, until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findingsOfPromtool, metricsOf, promtoolIsMissing } from './test-metrics.ts';
import { aCustomer, announce, purchase, register, reserve, seatsOnceThere } from './test-sale.ts';
import { get, post } from './test-send.ts';
import { startWholeShop, type TestShop } from './test-shop.ts';

const queue = 'tickets.events';

describe('what /metrics says', () => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await startWholeShop();
  });
  afterAll(() => shop.stop());

  it.skipIf(promtoolIsMissing())('is without fault for Prometheus itself', async () => {
    await seatsOnceThere(shop.url, await announce(shop.url));
    const { body, headers } = await get(shop.url, '/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(findingsOfPromtool(body)).toBe('');
    expect(findingsOfPromtool(body.replace('# HELP ticketbuddy_seats_sold_total', '# HALP x'))).not.toBe('');
    expect(body).toMatch(/^process_resident_memory_bytes \d/m);
  });

  it('is nothing that its description does not have', async () => {
    const description = await readFile(new URL('../../platform/telemetry/README.md', import.meta.url), 'utf8');
    const { body } = await get(shop.url, '/metrics');
    const names = [...body.matchAll(/^# TYPE (?!process_|nodejs_)(\w+)/gm)].map(([, name]) => `\`${name}\``);
    expect(names.filter((name) => !description.includes(name))).toEqual([]);
  });

  it('is how long each route took, by its answer, with every unknown path in one', async () => {
    const took = (labels: string) => `http_server_request_duration_seconds_count{${labels}}`;
    const known = took('http_request_method="GET",http_route="/events/:id",http_response_status_code="404"');
    const other = took('http_request_method="GET",http_route="other",http_response_status_code="404"');
    const moved = await movedBy(shop, async () => {
      await get(shop.url, `/events/${randomUUID()}`);
      for (const path of ['/nowhere', '/else', '/events/no-id']) await get(shop.url, path);
    });
    expect([moved(known), moved(other)]).toEqual([1, 3]);
  });

  it('is how many seats were held and sold, and what was refused, by its reason', async () => {
    const eventId = await announce(shop.url);
    const ids = (await seatsOnceThere(shop.url, eventId)).map(({ Id }) => Id);
    const [buyer, other] = [await register(shop.url), await register(shop.url)];
    const moved = await movedBy(shop, async () => {
      await reserve(shop.url, eventId, buyer, ids.slice(0, 3));
      await reserve(shop.url, eventId, other, ids.slice(0, 1));
      await purchase(shop.url, eventId, buyer, ids.slice(0, 2));
      await purchase(shop.url, eventId, other, ids.slice(0, 1));
    });
    expect(moved('ticketbuddy_seats_held_total')).toBe(3);
    expect(moved('ticketbuddy_seats_sold_total')).toBe(2);
    const refused = (code: string, verb: string) =>
      moved(`ticketbuddy_refusals_total{code="${code}",route="/events/:eventId/tickets/${verb}"}`);
    expect([refused('seats_held', 'reserve'), refused('seats_sold', 'purchase')]).toEqual([1, 1]);
  });

  it('is how old messages were when they were applied', async () => {
    const moved = await movedBy(shop, async () => {
      await seatsOnceThere(shop.url, await announce(shop.url));
    });
    await until('it is counted', async () => (await moved.now(`ticketbuddy_message_age_seconds_count${of()}`)) === 1);
  });

  it('is what waits in an outbox, and since when', async () => {
    const { pool } = shop.database;
    await holding(pool, `select pg_advisory_xact_lock(hashtext('relay.events'))`, async () => {
      await announce(shop.url);
      const metrics = await metricsOf(shop.url);
      expect(metrics.get('ticketbuddy_outbox_waiting{context="events"}')).toBe(1);
      expect(metrics.get('ticketbuddy_outbox_oldest_age_seconds{context="events"}')).toBeGreaterThan(0);
      expect(metrics.get('ticketbuddy_outbox_waiting{context="users"}')).toBe(0);
      expect(metrics.get('ticketbuddy_outbox_oldest_age_seconds{context="users"}')).toBe(0);
    });
  });

  it('is what waits in a queue, what fails, comes again, and is parked', async () => {
    const { pool } = shop.database;
    const moved = await movedBy(shop, () => publish(pool, { id: randomUUID(), body: {} }));
    await until('it is parked', async () => (await moved.now(`ticketbuddy_messages_parked_total${of()}`)) === 1);
    const metrics = await metricsOf(shop.url);
    expect(metrics.get(`ticketbuddy_messages_parked${of()}`)).toBe(1);
    expect(await moved.now(`ticketbuddy_message_failures_total${of()}`)).toBe(3);
    expect(await moved.now(again('retry'))).toBe(2);
    await holding(pool, `select pg_advisory_xact_lock(hashtext('queue.${queue}'))`, async () => {
      await publish(pool, { id: randomUUID(), body: {} });
      await until('it waits', async () => (await metricsOf(shop.url)).get(`ticketbuddy_queue_waiting${of()}`) === 1);
    });
  });

  it('is how often a message came again that had been applied', async () => {
    await seatsOnceThere(shop.url, await announce(shop.url));
    const moved = await movedBy(shop, async () => {
      await shop.database.pool.query(
        `update events.outbox set published_at = null where position = (select max(position) from events.outbox)`,
      );
      await shop.database.pool.query(`select pg_notify('outbox.events', '')`);
    });
    await until('it is counted', async () => (await moved.now(again('duplicate'))) === 1);
  });

  it('is how the connections are used; when none is left, it says so instead of waiting for one', async () => {
    const before = await metricsOf(shop.url);
    expect(before.get('ticketbuddy_pool_connections_max')).toBe(20);
    expect(before.get('ticketbuddy_pool_waiting')).toBe(0);
    let answers: Promise<unknown>[] = [];
    await holding(shop.database.pool, 'lock table users.users', async () => {
      answers = Array.from({ length: 30 }, () => post(shop.url, '/users', aCustomer()));
      const full = await until('every connection is busy', async () => {
        const metrics = await metricsOf(shop.url);
        return metrics.get('ticketbuddy_pool_connections{state="busy"}') === 20 && metrics;
      });
      expect(full.get('ticketbuddy_pool_waiting')).toBeGreaterThan(0);
      expect(full.has('ticketbuddy_outbox_waiting{context="events"}')).toBe(false);
    });
    await Promise.all(answers);
  });
});

describe.skipIf(rabbitMqIsMissing())('with RabbitMQ, /metrics says', () => {
  it('what waits there while it is there, and the rest when it is not', { timeout: 150_000 }, async () => {
    const { url } = await aVirtualHost();
    const line = await openLine(url);
    const shop = await startWholeShop({ amqpUrl: line.url });
    onTestFinished(() => shop.stop());
    expect((await metricsOf(shop.url)).get(`ticketbuddy_messages_parked${of()}`)).toBe(0);
    await publish(shop.database.pool, { id: randomUUID(), body: {} });
    await until(
      'it is parked',
      async () => (await metricsOf(shop.url)).get(`ticketbuddy_messages_parked${of()}`) === 1,
    );
    await line.cut();
    const away = await metricsOf(shop.url);
    expect(away.has(`ticketbuddy_queue_waiting${of()}`)).toBe(false);
    expect(away.get('ticketbuddy_outbox_waiting{context="events"}')).toBe(0);
    const again = await openLine(url, Number(new URL(line.url).port));
    onTestFinished(() => again.cut());
    await until(
      'it is there again',
      async () => (await metricsOf(shop.url)).has(`ticketbuddy_queue_waiting${of()}`),
      60_000,
    );
  });

  it('how often RabbitMQ had to deliver again', { timeout: 90_000 }, async () => {
    const host = await aVirtualHost();
    const shop = await startWholeShop({ amqpUrl: host.url });
    onTestFinished(() => shop.stop());
    const moved = await movedBy(shop, () =>
      holding(shop.database.pool, 'lock table tickets.events', async () => {
        await announce(shop.url);
        await until('it is worked on', async () => {
          const { rowCount } = await shop.database.pool.query(`select from pg_locks where not granted
            and database = (select oid from pg_database where datname = current_database())`);
          return rowCount === 1;
        });
        await host.ctl('close_all_connections', 'a test');
      }),
    );
    await until('it is counted', async () => (await moved.now(again('broker'))) > 0);
    await until('it is counted', async () => (await moved.now(again('duplicate'))) > 0);
  });
});

function of(): string {
  return `{queue="${queue}"}`;
}

function again(cause: string): string {
  return `ticketbuddy_message_redeliveries_total{queue="${queue}",cause="${cause}"}`;
}

/** By how much a sample rose while `act` ran; `now`: by how much it has risen since. */
async function movedBy({ url }: TestShop, act: () => Promise<unknown>) {
  const before = await metricsOf(url);
  const rise = (metrics: ReadonlyMap<string, number>, name: string) =>
    (metrics.get(name) ?? 0) - (before.get(name) ?? 0);
  await act();
  const after = await metricsOf(url);
  return Object.assign((name: string) => rise(after, name), {
    now: async (name: string) => rise(await metricsOf(url), name),
  });
}

type Pool = TestDatabase['pool'];

/** Does something while a transaction of its own holds what `sql` takes. */
async function holding(pool: Pool, sql: string, act: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(sql);
    await act();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** An announcement that nobody can apply, as if the context events had made it. */
async function publish(pool: Pool, { id, body }: { readonly id: string; readonly body: object }): Promise<void> {
  await pool.query(
    `insert into events.outbox (message_id, urn, key, version, sent_at, body)
     values ($1::uuid, 'urn:message:Integration.Events.Messaging:EventUpserted', $1::text, 1, now(), $2)`,
    [id, body],
  );
  await pool.query(`select pg_notify('outbox.events', '')`);
}

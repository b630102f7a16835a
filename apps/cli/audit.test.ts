import { demo } from '@ticketbuddy/contracts';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { audit } from './audit.ts';
import { seed } from './seed.ts';
import { aContext, unguarded } from './test-cli.ts';

const event = '00000000-0000-4000-8000-000000000001';
const hold = '401d0000-0000-4000-8000-000000000001';
const [ann, ben] = demo.customerIds;

test('the seats of a shop with demo data are what the ledger says', async () => {
  const { url } = await testDatabase();
  await seed(aContext({ DATABASE_URL: url }));
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(0);
  expect(context.out()).toBe('15 events, 223 seats: the tables are what the ledger says\n');
});

test('a shop without events has nothing that differs', async () => {
  const context = aContext({ DATABASE_URL: (await testDatabase()).url });
  expect(await audit(context)).toBe(0);
  expect(context.out()).toBe('0 events, 0 seats: the tables are what the ledger says\n');
});

// In the fixture ann bought seat 1 and holds seat 2, seat 3 is open.
test.each([
  {
    tampered: 'another price',
    by: 'update tickets.seats set price_pence = 1 where number = 3',
    line: `event ${event} seat 3: the table says open, £0.01; the ledger says open, £42.50`,
  },
  {
    tampered: 'a buyer who never bought',
    by: `update tickets.seats set owner_id = '${ben}', sold_at = '2030-01-01' where number = 3`,
    line: `event ${event} seat 3: the table says sold to ${ben} at 2030-01-01T00:00:00Z, £42.50; the ledger says open, £42.50`,
  },
  {
    tampered: 'another id',
    by: `update tickets.seats set id = '${ben}' where number = 3`,
    line: `event ${event} seat 3: the table says id ${ben}, open, £42.50; the ledger says id ${seatId(3)}, open, £42.50`,
  },
  {
    tampered: 'no row',
    by: 'delete from tickets.seats where number = 3',
    line: `event ${event} seat 3: the table says no such seat; the ledger says open, £42.50`,
  },
])('a seat that was given $tampered is named', async ({ by, line }) => {
  const { url, pool } = await aShop();
  await unguarded(pool, by);
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(1);
  expect(context.out()).toContain(`${line}\n1 event, `);
});

test.each([
  {
    kind: 'sold',
    line: `seat 1: the table says sold to ${ann} at 2030-01-01T00:00:00Z, £42.50; the ledger says held by ${ann} until 2030-01-02T00:00:00Z, £42.50`,
  },
  {
    kind: 'created',
    line: 'seat 3: the table says open, £42.50; the ledger says no such seat',
  },
])('a seat whose entry "$kind" is missing in the ledger is named', async ({ kind, line }) => {
  const { url, pool } = await aShop();
  await unguarded(pool, `delete from tickets.ledger where kind = '${kind}'`);
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(1);
  expect(context.out()).toContain(line);
});

test.each([
  ['another buyer', `update tickets.seats set owner_id = '${ben}' where number = 1`],
  ['another price', 'update tickets.seats set price_pence = 1 where number = 1'],
  ['no row', 'delete from tickets.seats where number = 1'],
  ['no entry in the ledger', `delete from tickets.ledger where kind = 'sold'`],
])('a sold seat is given %s only past the database, which refuses, and then is named', async (_, tampering) => {
  const { url, pool } = await aShop();
  const refusal = /^(a sold seat keeps its buyer and its price|the ledger is append-only)$/;
  await expect(pool.query(tampering)).rejects.toThrow(refusal);
  await unguarded(pool, tampering);
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(1);
  expect(context.out()).toContain(`event ${event} seat 1: `);
});

test('of more than 50 seats that differ the first 50 are named', async () => {
  const { url, pool } = await aShop({ events: 60 });
  await unguarded(pool, 'update tickets.seats set price_pence = 1 where number = 3');
  const context = aContext({ DATABASE_URL: url });
  await audit(context);
  const lines = context.out().split('\n');
  expect(lines.filter((line) => line.startsWith('event '))).toHaveLength(50);
  expect(lines.slice(50)).toEqual(['and 10 more', '60 events, 180 seats: 60 seats are not what the ledger says', '']);
});

test('a seat that differs is found among more events than are compared at once', async () => {
  const { url, pool } = await aShop({ events: 250 });
  await unguarded(pool, `update tickets.seats set price_pence = 1 where number = 3 and event_id::text like '%fa'`);
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(1);
  expect(context.out()).toContain('0000000000fa seat 3: ');
  expect(context.out()).toContain('250 events, 750 seats: 1 seat is not what the ledger says');
});

test('as JSON every seat that differs is there, in the table and in the ledger', async () => {
  const { url, pool } = await aShop();
  await unguarded(pool, 'delete from tickets.seats where number = 3');
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context, { json: true })).toBe(1);
  const ledger = { eventId: event, number: 3, id: seatId(3), pricePence: 4250, state: 'open' };
  const findings = [{ eventId: event, number: 3, table: null, ledger }];
  expect(JSON.parse(context.out())).toEqual({ events: 1, seats: 2, findings });
});

test('a database without tables is not audited and gets none', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('drop schema events, users, tickets, broker, migrations cascade');
  await expect(audit(aContext({ DATABASE_URL: url }))).rejects.toThrow(/^There is nothing to audit: the database has/);
  const { rows } = await pool.query(`select nspname from pg_namespace where nspname in ('tickets', 'migrations')`);
  expect(rows).toEqual([]);
});

test('a database user who may only read can audit, and one who may not is told what it needs', async () => {
  const { url, pool } = await aShop();
  const reader = `reader_${process.pid}`;
  await pool.query(`create role ${reader} login password 'secret'`);
  onTestFinished(async () => {
    await pool.query(`drop owned by ${reader}; drop role ${reader}`);
  });
  await pool.query(`
    grant usage on schema tickets to ${reader};
    grant select on tickets.seats, tickets.holds to ${reader}`);
  const context = aContext({ DATABASE_URL: url.replace(/\/\/.*@/, `//${reader}:secret@`) });
  await expect(audit(context)).rejects.toThrow(/^The database user may not audit: it needs /);
  await pool.query(`grant select on tickets.ledger to ${reader}`);
  expect(await audit(context)).toBe(0);
});

/** Events of three seats each, as the ledger tells: ann bought seat 1 and holds seat 2, seat 3 is open. */
async function aShop({ events = 1 } = {}): Promise<TestDatabase> {
  const database = await testDatabase();
  await database.pool.query(`
    insert into tickets.events (id, name, starts_at, ends_at, venue, capacity, price_pence, version, sent_at)
    select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Show', now(), now(), 0, 10, 4250, 1, now()
    from generate_series(1, ${events}) as n;
    insert into tickets.sales (event_id, version, unsold) select id, 3, 2 from tickets.events;
    insert into tickets.seats (event_id, number, id, price_pence, owner_id, sold_at)
    select id, s.* from tickets.events, (values
      (1, '${seatId(1)}'::uuid, 4250, '${ann}'::uuid, timestamptz '2030-01-01Z'),
      (2, '${seatId(2)}', 4250, null, null),
      (3, '${seatId(3)}', 4250, null, null)) as s;
    insert into tickets.ledger
      (event_id, version, nth, kind, numbers, seat_ids, price_pence, user_id, hold_id, held_since, held_until, at)
    select id, e.*, timestamptz '2030-01-01Z' from tickets.events, (values
      (1, 0, 'created', '{1,2,3}'::int[], '{${[1, 2, 3].map(seatId)}}'::uuid[], 4250,
        null::uuid, null::uuid, null::timestamptz, null::timestamptz),
      (2, 0, 'held', '{1,2}', null, null, '${ann}', '${hold}', '2030-01-01Z', '2030-01-02Z'),
      (3, 0, 'sold', '{1}', null, null, '${ann}', null, null, null)) as e`);
  return database;
}

function seatId(number: number): string {
  return `5ea70000-0000-4000-8000-00000000000${number}`;
}

import { demo } from '@ticketbuddy/contracts';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { audit } from './audit.ts';
import { seed } from './seed.ts';
import { aContext } from './test-cli.ts';

const eventId = demo.nearlySoldOutEventId;
const [ann] = demo.customerIds;
const someone = '00000000-0000-4000-8000-00000000000a';

test('the seats of a seeded shop are what the ledger says', async () => {
  const { url } = await aSeededShop();
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(0);
  expect(context.out()).toBe('15 events, 223 seats: the tables are what the ledger says\n');
});

test('a shop without events has nothing that differs', async () => {
  const context = aContext({ DATABASE_URL: (await testDatabase()).url });
  expect(await audit(context)).toBe(0);
  expect(context.out()).toBe('0 events, 0 seats: the tables are what the ledger says\n');
});

// Seats 14 and 15 are the two that are left; ann bought seat 1.
test.each([
  [
    'another price',
    'update tickets.seats set price_pence = 1 where event_id = $1 and number = 14',
    `event ${eventId} seat 14: the table says open, £0.01; the ledger says open, £42.50`,
  ],
  [
    'a hold that nobody asked for',
    `update tickets.seats set holder_id = '${someone}', held_until = '2030-01-01' where event_id = $1 and number = 15`,
    `event ${eventId} seat 15: the table says held by ${someone} until 2030-01-01T00:00:00Z, £42.50; the ledger says open, £42.50`,
  ],
  [
    'a sale that nobody made',
    `update tickets.seats set owner_id = '${someone}', sold_at = '2030-01-01' where event_id = $1 and number = 15`,
    `event ${eventId} seat 15: the table says sold to ${someone} at 2030-01-01T00:00:00Z, £42.50; the ledger says open, £42.50`,
  ],
  [
    'another id',
    `update tickets.seats set id = '${someone}' where event_id = $1 and number = 14`,
    new RegExp(`^event ${eventId} seat 14: the table says id ${someone}, open, £42.50; the ledger says id .{36}, open`),
  ],
  [
    'no row',
    'delete from tickets.seats where event_id = $1 and number = 14',
    `event ${eventId} seat 14: the table says no such seat; the ledger says open, £42.50`,
  ],
  [
    'no entry of its sale in the ledger',
    `delete from tickets.ledger where event_id = $1 and kind = 'sold' and numbers <> array[1] and 1 = any(numbers)`,
    new RegExp(`^event ${eventId} seat 1: the table says sold to ${ann} at .*, £42.50; the ledger says open, £42.50`),
  ],
  [
    'no entry of its making in the ledger',
    `delete from tickets.ledger where event_id = $1 and kind = 'created'`,
    `event ${eventId} seat 14: the table says open, £42.50; the ledger says no such seat`,
  ],
])('a seat with %s is named', async (_, tampering, line) => {
  const { url, pool } = await aSeededShop();
  await tamper(pool, tampering, [eventId]);
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(1);
  expect(context.out().split('\n')).toContainEqual(expect.stringMatching(line));
});

test.each([
  ['another buyer', `update tickets.seats set owner_id = '${someone}' where owner_id is not null`],
  ['another price', 'update tickets.seats set price_pence = 1 where owner_id is not null'],
  ['no row', 'delete from tickets.seats where owner_id is not null'],
  ['no entry in the ledger', "delete from tickets.ledger where kind = 'sold'"],
])('the database refuses to give a sold seat %s', async (_, tampering) => {
  const { url, pool } = await aSeededShop();
  await expect(pool.query(tampering)).rejects.toThrow(
    /^(a sold seat keeps its buyer and its price|the ledger is append-only)$/,
  );
  expect(await audit(aContext({ DATABASE_URL: url }))).toBe(0);
});

test('of more than 50 seats that differ the first 50 are named', async () => {
  const { url, pool } = await aSeededShop();
  await pool.query('update tickets.seats set price_pence = price_pence + 1 where owner_id is null');
  const context = aContext({ DATABASE_URL: url });
  await audit(context);
  const lines = context.out().trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('event '))).toHaveLength(50);
  expect(lines.slice(50)).toEqual(['and 160 more', '15 events, 223 seats: 210 seats are not what the ledger says']);
});

test('a seat that differs is found on the last page too', async () => {
  const { url, pool } = await testDatabase();
  await addEvents(pool, 250);
  await pool.query(
    'update tickets.seats set price_pence = 2 where event_id = (select max(id::text)::uuid from tickets.events)',
  );
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context)).toBe(1);
  expect(context.out()).toContain('250 events, 250 seats: 1 seat is not what the ledger says');
});

test('as JSON every seat that differs is there, in the table and in the ledger', async () => {
  const { url, pool } = await aSeededShop();
  await pool.query('delete from tickets.seats where event_id = $1 and number = 14', [eventId]);
  const context = aContext({ DATABASE_URL: url });
  expect(await audit(context, { json: true })).toBe(1);
  const ledger = { eventId, number: 14, id: expect.any(String), pricePence: 4250, state: 'open' };
  expect(JSON.parse(context.out())).toEqual({
    events: 15,
    seats: 222,
    findings: [{ eventId, number: 14, table: null, ledger }],
  });
});

test('a database without tables is not audited and gets none', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('drop schema events, users, tickets, broker, migrations cascade');
  await expect(audit(aContext({ DATABASE_URL: url }))).rejects.toThrow(
    /^There is nothing to audit: the database has no/,
  );
  const { rows } = await pool.query(
    "select to_regnamespace('tickets') as tickets, to_regnamespace('migrations') as migrations",
  );
  expect(rows).toEqual([{ tickets: null, migrations: null }]);
});

async function aSeededShop(): Promise<TestDatabase> {
  const database = await testDatabase();
  await seed(aContext({ DATABASE_URL: database.url }));
  return database;
}

// As somebody with the rights of a superuser would: the database's own guards do not stop them.
async function tamper(pool: TestDatabase['pool'], statement: string, values: readonly string[]): Promise<void> {
  const client = await pool.connect();
  await client.query('set session_replication_role = replica');
  const { rowCount } = await client.query(statement, [...values]);
  client.release(true);
  expect(rowCount).toBeGreaterThan(0);
}

async function addEvents(pool: TestDatabase['pool'], count: number): Promise<void> {
  await pool.query(`
    insert into tickets.events (id, name, starts_at, ends_at, venue, capacity, price_pence, version)
    select gen_random_uuid(), 'Show ' || n, now(), now(), 0, 1, 1, 1 from generate_series(1, ${count}) as n;
    insert into tickets.seats (event_id, number, id, price_pence) select id, 1, id, 1 from tickets.events;
    insert into tickets.ledger (event_id, kind, numbers, seat_ids, price_pence, at)
    select id, 'created', array[1], array[id], 1, now() from tickets.events`);
}

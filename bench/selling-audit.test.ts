import { createTestDatabase, type TestDatabase } from '@ticketbuddy/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, startShop } from './processes.ts';
import { auditTouched } from './selling-audit.ts';
import { plantDoubleSale } from './selling-plant.ts';
import { Records } from './selling-records.ts';
import { groupsOf, openHouse } from './selling-stock.ts';
import { holdAll, inTurn, purchaseAll, releaseAll } from './selling-world.ts';

let database: TestDatabase;
let running: Running;

beforeAll(async () => {
  database = await createTestDatabase();
  running = await startShop({ DATABASE_URL: database.url });
});

afterAll(async () => {
  await running.stop();
  await database.drop();
});

/** 40 seats, of which the first 16 were sold to four buyers, 8 are held and 4 were given back. */
async function aBusyHouse() {
  const eventId = await openHouse(database, 40);
  const shop = { urls: [running.url], records: new Records() };
  const groups = groupsOf(eventId, 40);
  await holdAll(shop, inTurn(groups.slice(0, 7)));
  const holds = shop.records.unsold().sort((one, other) => (one.seats[0] ?? 0) - (other.seats[0] ?? 0));
  await purchaseAll(shop, inTurn(holds.slice(0, 4)));
  await releaseAll(shop, holds.slice(6));
  return { eventId, ...shop };
}

/** Does to the tables what their own guards would refuse. */
async function behindTheGuards(sql: string, eventId: string): Promise<void> {
  const client = await database.pool.connect();
  await client.query("set session_replication_role = 'replica'");
  await client.query(sql, [eventId]);
  await client.query("set session_replication_role = 'origin'");
  client.release();
}

test('a shop that kept what it told its buyers has no violations', async () => {
  const { records } = await aBusyHouse();
  expect(await auditTouched(database.pool, records)).toEqual([]);
});

test('a seat that was sold to a second buyer is named, though seats, ledger and orders agree', async () => {
  const { records } = await aBusyHouse();
  const seat = await plantDoubleSale(database.pool);
  const violations = await auditTouched(database.pool, records);
  expect(violations).toEqual(
    expect.arrayContaining([
      expect.stringMatching(new RegExp(`^seat ${seat} was told to be sold to .+, and is sold to `)),
      expect.stringMatching(new RegExp(`^seat ${seat} was sold again after it was sold, by the ledger`)),
      expect.stringMatching(/^what was told as no order is order PLANTED/),
    ]),
  );
});

test('two buyers who were told that they hold one seat are named', async () => {
  const { records, eventId } = await aBusyHouse();
  const [hold] = records.unsold();
  const { holdId, ...rest } = hold ?? expect.fail('nobody holds anything');
  records.held('another buyer', JSON.stringify({ ...rest, holdId: 'another hold' }));
  const violations = await auditTouched(database.pool, records);
  expect(violations).toContain(`seat ${rest.seats[0]} was granted to ${rest.userId} and to another buyer (${eventId})`);
});

test.each([
  {
    fault: 'a hold that is gone',
    sql: `delete from tickets.ledger where event_id = $1 and kind = 'held' and numbers @> array[17]`,
    named: /^seat 17 was told to be held by .+, and is free/,
  },
  {
    fault: 'a sale that is gone',
    sql: `update tickets.seats set owner_id = null, sold_at = null where event_id = $1 and number = 1`,
    named: /^24 seats should be unsold, and 25 are \(/,
  },
  {
    fault: 'a seat that nobody was told is theirs',
    sql: `update tickets.seats set owner_id = gen_random_uuid(), sold_at = now() where event_id = $1 and number = 40`,
    named: /^seat 40 was told to be free, and is sold to /,
  },
  {
    fault: 'a seat that is unlike the ledger',
    sql: `update tickets.seats set sold_at = sold_at + interval '1 hour' where event_id = $1 and number = 1`,
    named: /^seat 1 is unlike the ledger/,
  },
  {
    fault: 'an order that is gone',
    sql: `delete from tickets.orders where event_id = $1 and numbers @> array[1]`,
    named: /^what was told as order .+ is no order/,
  },
  {
    fault: 'an order of another total',
    sql: `update tickets.orders set total_pence = 1 where event_id = $1 and numbers @> array[1]`,
    named: /^the total of order .+ is not the sum of its seats' prices/,
  },
  {
    fault: 'a count of unsold seats that is wrong',
    sql: `update tickets.sales set unsold = unsold - 1 where event_id = $1`,
    named: /^24 seats should be unsold, and 23 are counted/,
  },
])('$fault is named', async ({ sql, named }) => {
  const { records, eventId } = await aBusyHouse();
  await behindTheGuards(sql, eventId);
  expect(await auditTouched(database.pool, records)).toContainEqual(expect.stringMatching(named));
});

import { pause, resume } from '@ticketbuddy/backfill';
import { schema, setReadShare, streamOf, switchUnit } from '@ticketbuddy/takeover';
import { until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from './test-takeover.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop.close();
  expect(shop.errors).toEqual([]);
});

const [list, one] = ['GET /events', 'GET /events/{id}'];

test('nobody reads an older world than his own write, with all reads at the side that follows', async () => {
  await share(100, [list, one]);
  await until('reads go to the other side', async () => (await sidesAsked()) === 'next next');
  const stale: unknown[] = [];
  const writeAndRead = async (id: string) => {
    for (let price = 1; price <= 250; price++) {
      await fetch(`${shop.url}/events/${id}`, { method: 'PUT', body: `${price}` });
      const read = await priceOf(id);
      if (read !== price) stale.push([price, read]);
    }
  };
  await Promise.all(shop.ids.slice(0, 4).map(writeAndRead));
  expect(stale).toEqual([]);
  const { headers } = await fetch(`${shop.url}/events`, { method: 'POST' });
  expect((await fetch(`${shop.url}${headers.get('location')}`)).status).toBe(200);
  await until('what nobody wrote is read at the other side', async () => (await sideOfOne()) === 'next');
});

test('a share is changed while the gateway runs, an endpoint at a time', async () => {
  await share(0, [list, one]);
  await until('an event is read at the owner', async () => (await sideOfOne()) === 'legacy');
  await share(100, [one]);
  await until('it is read at the other side', async () => (await sideOfOne()) === 'next');
});

test('it ends with the owner for whom it was meant, so that no switch turns it around', async () => {
  await until('it is moved', async () => (await switchUnit(shop.takeover, 'next')) === 'done');
  for (let nth = 0; nth < 50; nth++) expect(await sideOfOne()).toBe('next');
  expect(await setReadShare(shop.pools.next, 'events', [one], 100)).toBe('next');
  await until('it is read at the legacy again', async () => (await sideOfOne()) === 'legacy');
});

test('a side that stands still is asked no more', async () => {
  const { plan, places } = shop.takeover;
  const stream = { pool: places.legacy.pool, schema, unit: streamOf(plan, 'legacy').name };
  await pause(stream);
  await until('it is read at the owner', async () => (await sideOfOne()) === 'next');
  await resume(stream);
});

async function share(percent: number, endpoints: readonly string[]): Promise<void> {
  await setReadShare(shop.pools.next, 'events', endpoints, percent);
}

async function priceOf(id: string | undefined): Promise<number> {
  const { Price } = (await (await fetch(`${shop.url}/events/${id}`)).json()) as { Price: number };
  return Price;
}

/** Who answers the list, and who an event that nobody writes. */
async function sidesAsked(): Promise<string> {
  await (await fetch(`${shop.url}/events`)).text();
  return `${shop.asked.at(-1)} ${await sideOfOne()}`;
}

async function sideOfOne(): Promise<string | undefined> {
  await priceOf(shop.ids[11]);
  return shop.asked.at(-1);
}

import { gates, setShadowShare, shadowReport, switchUnit } from '@ticketbuddy/takeover';
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

const endpoints = ['GET /events', 'GET /events/{id}'];

test('while nobody mirrors reads, the gate says so and is open', async () => {
  expect(await gate('next')).toBe('open: no gateway mirrors reads: set SHADOW_PERCENT');
});

test('once reads are to be mirrored, the gate is closed until enough of them were compared and none differed', async () => {
  await setShadowShare(shop.pools.next, 'events', endpoints, 100);
  expect(await gate('next')).toMatch(/^closed: no evidence; 0 comparisons are fewer than 100/);
  await until('there is enough', async () => {
    await readSome();
    return (await gate('next')).startsWith('open: ');
  });
  const { endpoints: found, groups } = await shadowReport(shop.takeover, 'next');
  expect([found.map(({ endpoint }) => endpoint), groups]).toEqual([endpoints, []]);
});

test('an answer that differs closes it, and is told with both values', async () => {
  shop.moods.next = 'different';
  await until('it is noticed', async () => {
    await readSome();
    return (await gate('next')).includes('GET /events/{id} differs at $.Price');
  });
  shop.moods.next = 'fine';
  const { groups } = await shadowReport(shop.takeover, 'next');
  const { path, examples } = groups.find(({ endpoint }) => endpoint === 'GET /events/{id}') ?? {};
  expect([path, examples?.[0]?.control, examples?.[0]?.candidate]).toEqual(['$.Price', '25', '26']);
});

test('a candidate that hangs keeps no client waiting', async () => {
  shop.moods.next = 'hanging';
  const before = shop.asked.length;
  await Promise.all(Array.from({ length: 20 }, readSome));
  // Nothing that the candidate was asked can have been answered: it never does.
  expect(shop.asked.slice(before)).toEqual(Array.from({ length: 40 }, () => 'legacy'));
  shop.moods.next = 'fine';
});

test('after a switch the legacy is compared with the new owner, and does not close the way back', async () => {
  await until('it is moved', async () => (await switchUnit(shop.takeover, 'next')) === 'done');
  shop.moods.legacy = 'different';
  await until('it is compared', async () => {
    await readSome();
    return (await gate('legacy')).startsWith('open: differs; GET /events');
  });
  expect(await gate('legacy')).toMatch(/the way back does not depend on it$/);
});

async function readSome(): Promise<void> {
  await (await fetch(`${shop.url}/events`)).text();
  await (await fetch(`${shop.url}/events/${shop.ids[0]}`)).text();
}

async function gate(to: 'legacy' | 'next'): Promise<string> {
  const found = (await gates(shop.takeover, to)).find(({ name }) => name === 'shadow');
  return `${found?.isOpen ? 'open' : 'closed'}: ${found?.says}`;
}

import { randomUUID } from 'node:crypto';
import { createPool, findEmbedded } from '@ticketbuddy/postgres';
import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { aDataFolder, isAlive, serverProcesses } from './test-data-folder.ts';
import { waitingSessions } from './test-database.ts';
import { aProcess } from './test-process.ts';
import { announce, purchase, seatsOnceThere } from './test-sale.ts';
import { get } from './test-send.ts';

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets a running purchase finish, and leaves no process behind',
  async (signal) => {
    const { shop, url, running, letGo, processes } = await aShopInTheMiddleOfAPurchase();
    const ended = shop.end(signal);
    await shop.said(/finishing what is running/);
    await until('nobody is let in', () =>
      get(url, '/health').then(
        () => false,
        () => true,
      ),
    );
    await letGo();
    expect([(await running).status, await ended]).toEqual([204, 0]);
    expect(processes.filter(isAlive)).toEqual([]);
  },
);

it('a later Ctrl-C does not wait for what is running, and leaves no process behind', async () => {
  const { shop, running, processes } = await aShopInTheMiddleOfAPurchase();
  const cutOff = running.catch((error: Error) => error.message);
  void shop.end('SIGINT');
  await shop.said(/finishing what is running/);
  // One that comes at once may be the first, which npm passes on once more.
  const pressing = setInterval(() => void shop.end('SIGINT'), 100);
  expect(await shop.end('SIGINT')).toBe(1);
  clearInterval(pressing);
  expect(await cutOff).toBe('socket hang up');
  await until('the database server has ended', async () => !processes.some(isAlive));
});

it('a shop that is told to stop while it starts does not say that it sells', async () => {
  const shop = aProcess({ TICKETBUDDY_DATA: await aDataFolder() });
  await shop.said(/Bringing the tables up to date/);
  expect(await shop.end('SIGTERM')).toBe(0);
  expect(shop.told()).toMatch(/finishing what is running …\s*$/);
});

async function aShopInTheMiddleOfAPurchase() {
  const dataFolder = await aDataFolder();
  const shop = aProcess({ TICKETBUDDY_DATA: dataFolder });
  const url = await shop.url;
  const eventId = await announce(url);
  const [seat] = await seatsOnceThere(url, eventId);
  const pool = createPool({ url: (await findEmbedded(dataFolder)) ?? '', connections: 2 });
  const letGo = await lockTheSeats(pool);
  onTestFinished(async () => {
    await letGo();
    await pool.end();
  });
  const running = purchase(url, eventId, randomUUID(), [seat?.Id ?? '']);
  await until('the purchase waits for the seat', async () => (await waitingSessions(pool)) === 1);
  return { shop, url, running, letGo, processes: await serverProcesses(dataFolder) };
}

async function lockTheSeats(pool: pg.Pool): Promise<() => Promise<void>> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('select from tickets.seats for update');
  let release: Promise<void> | undefined;
  return () =>
    (release ??= client.query('commit').then(
      () => client.release(),
      () => client.release(true),
    ));
}

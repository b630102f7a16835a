import { testDatabase } from '@ticketbuddy/testing';
import { expect, it } from 'vitest';
import { aProcess } from './test-process.ts';
import { aCustomer } from './test-sale.ts';
import { get, post, send } from './test-send.ts';

it('a failure is logged with the id of its request, and nothing that is logged is somebody’s data', async () => {
  const { url, pool } = await testDatabase(1);
  const shop = aProcess({ DATABASE_URL: url, LOG_LEVEL: 'trace' });
  const at = await shop.url;
  // A check that nobody foresaw: the database then tells the whole row.
  await pool.query("alter table users.users add constraint unforeseen check (email not like '%.invalid')");

  const failed = await post(at, '/users', aCustomer({ FullName: 'Zelda Zimmer', Email: 'zelda@zimmer.invalid' }));
  expect(failed).toMatchObject({ status: 500, body: '{"Message":"An unexpected error occurred.","Errors":[]}' });
  expect(failed.headers).not.toHaveProperty('content-type');
  await post(at, '/users', aCustomer({ FullName: 'Zelda Zimmer', Email: 'zelda@zimmer.example' }));
  await post(at, '/users', aCustomer({ FullName: 'Zelda Zimmer', Email: 'Zelda@zimmer.example' }));
  await send(at, {
    method: 'POST',
    path: '/users',
    headers: { 'content-type': 'application/json' },
    body: '"zelda@zimmer',
  });
  expect((await get(at, '/users')).body).toContain('Zelda Zimmer');
  expect(await shop.end('SIGTERM')).toBe(0);

  const lines = shop
    .logged()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [failure, ...others] = lines.filter(({ level }) => level >= 50);
  expect([failure, others]).toEqual([
    expect.objectContaining({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      route: '/users',
      msg: 'request failed',
    }),
    [],
  ]);
  expect(failure.err.message).toContain('violates check constraint "unforeseen"');
  expect(shop.logged() + shop.told()).not.toMatch(/zelda|zimmer/i);
});

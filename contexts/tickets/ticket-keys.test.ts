import { createPublicKey } from 'node:crypto';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import type { DB } from './tables.gen.ts';
import { anOrder, signTickets } from './test-tickets.ts';
import { verifyTicket } from './ticket-code.ts';
import { addTicketKey, openTicketKey, publishedKeys } from './ticket-keys.ts';

test('processes that start together sign with the same key', async () => {
  const { deps, count } = await openShop();
  const keys = await Promise.all(Array.from({ length: 10 }, () => openTicketKey(deps)));
  expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
  expect(await count()).toBe(1);
});

test('a process that starts later signs with the same key, and makes the same codes again', async () => {
  const { deps } = await openShop();
  const codes = signTickets(await openTicketKey(deps), anOrder());
  expect(signTickets(await openTicketKey(deps), anOrder())).toEqual(codes);
});

test('the key is published before the first ticket is sold', async () => {
  const { deps } = await openShop();
  const { keys } = await publishedKeys(deps);
  expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' }]);
  expect(keys[0]?.kid).toBe((await openTicketKey(deps)).id);
});

test('a ticket is proven by what is published, also after a newer key was added', async () => {
  const { deps, scanner } = await openShop();
  const [old = ''] = signTickets(await openTicketKey(deps), anOrder());
  await addTicketKey(deps);
  const [fresh = ''] = signTickets(await openTicketKey(deps), anOrder());
  expect(fresh).not.toBe(old);
  for (const code of [old, fresh]) expect(verifyTicket(await scanner(), code)).toMatchObject({ seat: 11 });
});

test('nothing private is published', async () => {
  const { deps } = await openShop();
  const { keys } = await publishedKeys(deps);
  expect(keys.map((key) => Object.keys(key))).toEqual([['kty', 'crv', 'x', 'kid', 'use', 'alg']]);
  const { d } = (await openTicketKey(deps)).privateKey.export({ format: 'jwk' });
  expect(JSON.stringify(keys)).not.toContain(d);
});

test('the key that was added last signs, though the clock has stepped back, and though all were added at once', async () => {
  const { deps, clock } = await openShop();
  await openTicketKey(deps);
  clock.advance({ hours: -1 });
  const added = await addTicketKey(deps);
  expect((await openTicketKey(deps)).id).toBe(added.id);
  await Promise.all(Array.from({ length: 5 }, () => addTicketKey(deps)));
  const { keys } = await publishedKeys(deps);
  expect(keys).toHaveLength(7);
  expect(keys[0]?.kid).toBe((await openTicketKey(deps)).id);
});

test('a private key beside the public key of another is not signed with', async () => {
  const { deps, pool } = await openShop();
  await openTicketKey(deps);
  await addTicketKey(deps);
  await pool.query(
    'update tickets.signing_keys as k set private_key = o.private_key from tickets.signing_keys as o where o.id <> k.id',
  );
  await expect(openTicketKey(deps)).rejects.toThrow('a private key belongs to the public key beside it');
});

test('the database refuses a key whose name is not its own', async () => {
  const { deps, pool } = await openShop();
  await openTicketKey(deps);
  const statements = [
    `update tickets.signing_keys set id = 'AAAAAAAAAAA'`,
    `update tickets.signing_keys set public_key = decode(repeat('00', 32), 'hex')`,
    `update tickets.signing_keys set public_key = '\\x00'`,
  ];
  for (const statement of statements) await expect(pool.query(statement)).rejects.toThrow('check constraint');
});

async function openShop() {
  const { pool } = await testDatabase();
  const [db, clock] = [createDatabase<DB>(pool), new FakeClock()];
  const deps = { db, clock };
  return {
    pool,
    clock,
    deps,
    count: async () => Number((await pool.query('select count(*) from tickets.signing_keys')).rows[0]?.count),
    /** The published keys as a scanner reads them. */
    scanner: async () => {
      const { keys } = await publishedKeys(deps);
      return new Map(keys.map((key) => [key.kid, createPublicKey({ key: { ...key }, format: 'jwk' })]));
    },
  };
}

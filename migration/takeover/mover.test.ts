import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { moverUrl } from './mover.ts';

test('the role that moves stays the same when the server is found elsewhere, and is another for another database', async () => {
  const { pool, url } = await testDatabase();
  const [elsewhere, other] = [new URL(url), new URL(url)];
  elsewhere.host = 'db.example:6000';
  other.pathname += '_2';
  const who = async (at: string | URL) => {
    const { username, password } = new URL(await moverUrl(pool, `${at}`));
    return [username, password];
  };
  expect(await who(elsewhere)).toEqual(await who(url));
  expect((await who(other))[0]).not.toBe((await who(url))[0]);
});

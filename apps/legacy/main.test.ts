import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testDatabase, until } from '@ticketbuddy/testing';
import { expect, it, onTestFinished } from 'vitest';
import { nowhere } from './test-legacy.ts';

const servers = { LEGACY_REDIS_URL: nowhere.redisUrl, AMQP_URL: nowhere.amqpUrl };

it('says where it listens, serves, and ends in order when it is told to', async () => {
  const { url: LEGACY_DATABASE_URL } = await testDatabase();
  const { child, said, ended } = start({ ...servers, LEGACY_DATABASE_URL, PORT: '0' });
  const url = await until('it listens', async () => /Server listening at (http:\S+)/.exec(said())?.[1]);
  expect(await (await fetch(`${url}/users`)).text()).toBe('[]');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('does not start with wrong settings, and names them all', async () => {
  const { said, ended } = start({ PORT: 'x' });
  expect(await ended).toEqual([1, null]);
  expect(said().trim().split('\n')).toHaveLength(4);
});

it('does not start without its database, and says so on one line', async () => {
  const { said, ended } = start({
    ...servers,
    LEGACY_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/legacy',
    PORT: '0',
  });
  expect(await ended).toEqual([1, null]);
  expect(said()).toMatch(/^LEGACY_DATABASE_URL: the database cannot be used \(.*ECONNREFUSED.*\)\.\n$/);
});

function start(settings: Readonly<Record<string, string>>) {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { env: { PATH: process.env.PATH, ...settings } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      said += piece;
    });
  }
  return { child, said: () => said, ended: once(child, 'close') };
}

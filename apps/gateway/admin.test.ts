import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { createEdgeTables } from '@ticketbuddy/cutover';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { aServer } from './test-owners.ts';

test('the program tells how it is, says all of it at the start, and ends in order', async () => {
  const { url: databaseUrl, pool } = await testDatabase(2);
  await createEdgeTables(pool);
  const owner = await aServer((_, response) => void response.end('done'));
  const settings = { PORT: '0', ADMIN_PORT: '0', LEGACY_URL: owner, NEXT_URL: owner, DATABASE_URL: databaseUrl };
  const { said, child } = await aProgram(settings);
  const [, url = ''] = /listening at (\S+)/.exec(said) ?? [];
  const [, admin = ''] = /how it is at (\S+)\/-\/health/.exec(said) ?? [];
  for (const path of ['/events', '/users/1', '/other']) expect(await (await fetch(url + path)).text()).toBe('done');
  expect((await fetch(`${url}/events`, { method: 'POST', body: 'x' })).status).toBe(200);
  const health = await fetch(`${admin}/-/health`);
  expect([health.status, await health.text()]).toEqual([200, 'Healthy']);
  const text = await (await fetch(`${admin}/-/metrics`)).text();
  const lines = [
    'ticketbuddy_gateway_requests_total{unit="events",side="legacy",kind="read",outcome="2xx"} 1',
    'ticketbuddy_gateway_requests_total{unit="events",side="legacy",kind="write",outcome="2xx"} 1',
    'ticketbuddy_gateway_requests_total{unit="other",side="legacy",kind="read",outcome="2xx"} 2',
    'ticketbuddy_gateway_added_seconds_count{kind="write"} 1',
    'ticketbuddy_gateway_in_flight{side="legacy"} 0',
    'ticketbuddy_gateway_breaker_open{side="next"} 0',
    'ticketbuddy_gateway_writes_waiting{unit="events"} 0',
    'ticketbuddy_gateway_held{unit="events"} 0',
  ];
  expect(lines.filter((line) => !text.includes(`${line}\n`))).toEqual([]);
  expect((await fetch(`${url}/-/health`)).status).toBe(200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a gateway without its database ends with a sentence', async () => {
  const owners = { LEGACY_URL: 'http://127.0.0.1:1', NEXT_URL: 'http://127.0.0.1:1' };
  const env = { ...owners, DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/shop' };
  const child = spawn(process.execPath, [`${import.meta.dirname}/start.mjs`], { env });
  const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, 'exit')]);
  expect(said).toBe('DATABASE_URL: the database shop at 127.0.0.1:1 cannot be reached (ECONNREFUSED).\n');
  expect(code).toBe(1);
});

async function aProgram(settings: Record<string, string>) {
  const child = spawn(process.execPath, [`${import.meta.dirname}/start.mjs`], { env: settings });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for await (const piece of child.stdout) {
    said += piece;
    if (said.includes('Server listening')) break;
  }
  child.stdout.resume();
  return { child, said };
}

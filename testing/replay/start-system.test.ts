import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { send } from './send.ts';
import { startSystem } from './start-system.ts';

const HEALTHY = `
  import { createServer } from 'node:http';
  import { writeFileSync } from 'node:fs';
  const { HOST, PORT, TICKETBUDDY_DATA, TICKETBUDDY_SEED } = process.env;
  const server = createServer((request, response) => response.end(JSON.stringify({ TICKETBUDDY_DATA, TICKETBUDDY_SEED })));
  server.listen(Number(PORT), HOST);
  process.on('SIGTERM', () => {
    writeFileSync(new URL('./ended', import.meta.url), TICKETBUDDY_DATA);
    process.exit(0);
  });
`;

it('a started system has a port and an empty folder of its own, and no demo data', async () => {
  const { baseUrl, stop } = await startSystem(anEntry(HEALTHY).entry, () => {});
  onTestFinished(stop);
  const { TICKETBUDDY_DATA, TICKETBUDDY_SEED } = JSON.parse((await health(baseUrl)).body);
  expect(existsSync(TICKETBUDDY_DATA)).toBe(true);
  expect(TICKETBUDDY_SEED).toBe('off');
});

it('a stopped system was asked to end, and leaves nothing behind', async () => {
  const { entry, folder } = anEntry(HEALTHY);
  const { baseUrl, stop } = await startSystem(entry, () => {});
  await Promise.all([stop(), stop()]);
  expect(existsSync(readFileSync(join(folder, 'ended'), 'utf8'))).toBe(false);
  await expect(health(baseUrl)).rejects.toThrow('ECONNREFUSED');
});

it('a system can be stopped before it is healthy', async () => {
  const { entry } = anEntry('setInterval(() => {}, 1000)');
  await expect(startSystem(entry, (stop) => void stop())).rejects.toThrow('did not become healthy');
});

it('a system that ends at once is reported with what it said', async () => {
  const { entry } = anEntry('console.error("PORT: expected a port number"); process.exit(1)');
  await expect(startSystem(entry, () => {})).rejects.toThrow('PORT: expected a port number');
});

function anEntry(source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'replay-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, 'main.mjs');
  writeFileSync(entry, source);
  return { folder, entry };
}

function health(baseUrl: string) {
  return send(baseUrl, { method: 'GET', path: '/health', headers: {} });
}

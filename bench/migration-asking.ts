import { parentPort, workerData } from 'node:worker_threads';
import { createPool } from '@ticketbuddy/postgres';
import type { Asked } from './migration-asker.ts';

// Runs apart, so that what the migration does in its own process delays nobody here.
const { url, sql, ids, perSecond } = workerData as Asked;
const connections = 16;
const pool = createPool({ url, connections });
const [ms, asked]: [number[], Promise<unknown>[]] = [[], []];
let next = 0;
// So long its own code is new to it, and slow.
const coldMs = 1_000;

// Who asks a system that has been running for long has his connections.
const open = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
for (const client of open) client.release();
const started = performance.now();
const timer = setInterval(() => {
  for (; started + (next * 1_000) / perSecond <= performance.now(); next++) asked.push(ask(next));
}, 1);
parentPort?.once('message', async () => {
  clearInterval(timer);
  await Promise.all(asked);
  await pool.end();
  parentPort?.postMessage(ms);
  parentPort?.close();
});

async function ask(nth: number): Promise<void> {
  const due = started + (nth * 1_000) / perSecond;
  await pool.query(sql, [ids[(nth * 7_919) % ids.length]]);
  if (due >= started + coldMs) ms.push(performance.now() - due);
}

import { parentPort, workerData } from 'node:worker_threads';
import { createPool } from '@ticketbuddy/postgres';
import type { Asked } from './migration-asker.ts';

// Runs apart, so that what the migration does in its own process delays nobody here.
const { url, sql, ids, perSecond } = workerData as Asked;
const pool = createPool({ url, connections: 16 });
const [ms, asked]: [number[], Promise<unknown>[]] = [[], []];
const started = performance.now();
let next = 0;

await pool.query('select 1');
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
  ms.push(performance.now() - due);
}

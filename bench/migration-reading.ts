import { parentPort, workerData } from 'node:worker_threads';
import type { Reads } from './migration-servers.ts';
import { openLoop } from './open-loop.ts';
import { bare } from './wire-connection.ts';

const { url, paths, perSecond } = workerData as Reads;
const shots = paths.map((path) => ({ request: bare('GET', path), about: path }));
const exchanges = await openLoop({ urls: [url], perSecond, shots });
const failed = exchanges.find(({ status }) => status !== 200);
if (failed) throw new Error(`The owner's answer to ${failed.about} became ${failed.status}`);
// In the first second its own code is new to it, and slow.
parentPort?.postMessage(exchanges.slice(perSecond).map(({ ms }) => ms));

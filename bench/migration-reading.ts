import { parentPort, workerData } from 'node:worker_threads';
import type { Reads } from './migration-servers.ts';
import { openLoop } from './open-loop.ts';
import { bare } from './wire-connection.ts';

const { url, paths, dueMs } = workerData as Reads;
const shots = paths.map((path, nth) => ({ request: bare('GET', path), about: nth }));
const exchanges = await openLoop({ urls: [url], shots, dueMs });
const failed = exchanges.find(({ status }) => status !== 200);
if (failed) throw new Error(`The owner's answer to ${paths[failed.about]} became ${failed.status}`);
parentPort?.postMessage(exchanges.sort((one, other) => one.about - other.about).map(({ ms }) => ms));

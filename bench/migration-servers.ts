import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** The urls of the two databases. */
export type Served = { readonly source: string; readonly target: string };

/** Those of the owner of reads, and of a candidate that answers as it does, or not as it should. */
export type ServedUrls = Readonly<Record<'owner' | 'candidate' | 'hung' | 'refusing' | 'large', string>>;

/** The two applications, in a thread of their own. */
export async function startServers(served: Served) {
  const worker = new Worker(new URL('./migration-serving.ts', import.meta.url), { workerData: served });
  const [urls] = (await once(worker, 'message')) as [ServedUrls];
  return { urls, stop: () => worker.terminate() };
}

/** What a client asks, each at its time (an open loop). */
export type Reads = { readonly url: string; readonly paths: readonly string[]; readonly perSecond: number };

/** Answers how long each read took, in ms, from when it was due, without those of the first second; asked from a thread of its own. */
export async function readOnTime(reads: Reads): Promise<number[]> {
  const worker = new Worker(new URL('./migration-reading.ts', import.meta.url), { workerData: reads });
  const [ms] = await once(worker, 'message');
  return ms;
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** The urls of the two databases. */
export type Served = { readonly source: string; readonly target: string };
export type ServedBy = { readonly who: 'owner' | 'candidates' } & Served;

/** Those of the owner of reads, and of a candidate that answers as it does, or not as it should. */
export type ServedUrls = Readonly<Record<'owner' | 'candidate' | 'hung' | 'refusing' | 'large', string>>;

/** The two applications, in a thread each: what the one has to do keeps the other from nothing. */
export async function startServers(served: Served) {
  const [owner, candidates] = [await serve({ who: 'owner', ...served }), await serve({ who: 'candidates', ...served })];
  const stop = async () => {
    await Promise.all([owner.worker.terminate(), candidates.worker.terminate()]);
  };
  return { urls: { ...owner.urls, ...candidates.urls } as ServedUrls, stop };
}

async function serve(workerData: ServedBy) {
  const worker = new Worker(new URL('./migration-serving.ts', import.meta.url), { workerData });
  const [urls] = (await once(worker, 'message')) as [Partial<ServedUrls>];
  return { worker, urls };
}

/** What clients ask, each at its time (an open loop). */
export type Reads = { readonly url: string; readonly paths: readonly string[]; readonly dueMs: Float64Array };

/** Answers how long each read took, in ms, from when it was due, in their order; asked from a thread of its own. */
export async function readOnTime(reads: Reads): Promise<number[]> {
  const worker = new Worker(new URL('./migration-reading.ts', import.meta.url), { workerData: reads });
  const [ms] = await once(worker, 'message');
  return ms;
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { quotedName } from '@ticketbuddy/change-stream';
import { createShadow, openVersions, type Read, type Recording, type Shadow, type Versions } from '@ticketbuddy/shadow';
import { openUpstream } from '@ticketbuddy/shadow/upstream';
import { place } from './migration-copy.ts';
import type { Served, ServedUrls } from './migration-servers.ts';
import { events, type Sides } from './migration-sides.ts';

/** Those with whom the owner's answers are compared. */
export const candidates = ['candidate', 'hung', 'refusing', 'large'] as const;
/** Each but two with one of them. */
export const turns = ['without', 'again', ...candidates] as const;
export type Turn = (typeof turns)[number];

export type EdgeOptions = { readonly urls: ServedUrls; readonly databases: Served };
/** Whose turn it is when so many reads have come since: each lasts for the same number of reads. */
export type Turns = { readonly order: readonly Turn[]; readonly readsEach: number };

export type Edge = {
  readonly url: string;
  /** From now on reads are shadowed so; once what was compared before is finished. */
  take(turns: Turns): Promise<void>;
  stop(): Promise<void>;
};

/** As gateways run: by themselves, in a thread beside whoever copies and follows. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const worker = new Worker(new URL('./migration-edging.ts', import.meta.url), { workerData: options });
  const [url] = (await once(worker, 'message')) as [string];
  return {
    url,
    async take(next) {
      worker.postMessage(next);
      await once(worker, 'message');
    },
    stop: async () => void (await worker.terminate()),
  };
}

export function versionsOf({ source, target }: Pick<Sides, 'source' | 'target'>): Versions {
  const unit = { name: place.unit, tables: [events.legacy] };
  return openVersions({ source: source.pool, target: target.pool, place, unit });
}

/** Compares what the owner answers with what a candidate does. */
export function openShadow(
  urls: ServedUrls,
  versions: Versions,
  candidate: (typeof candidates)[number],
  record: Recording,
  isIdle?: () => boolean,
): Pick<Shadow, 'offer' | 'load' | 'stop'> {
  const upstreams = { control: openUpstream(urls.owner), candidate: openUpstream(urls[candidate]) };
  const shadow = createShadow({
    ...upstreams,
    versions,
    rules: { arrays: [] },
    record,
    ...(isIdle && { isIdle }),
  });
  return {
    offer: (read) => shadow.offer(read),
    get load() {
      return shadow.load;
    },
    async stop() {
      await shadow.stop();
      await Promise.all([upstreams.control.close(), upstreams.candidate.close()]);
    },
  };
}

/** The read of one event by the last part of its path. */
export function readOf(path: string, headers: Read['headers'], since: Read['since'], answer: Read['answer']): Read {
  const aggregates = [{ table: quotedName(events.legacy), values: { Id: path.split('/')[2] ?? '' } }];
  return { endpoint: 'GET /events/{id}', method: 'GET', path, headers, aggregates, since, answer };
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type Asked = {
  readonly url: string;
  /** Of an id. */
  readonly sql: string;
  readonly ids: readonly string[];
  readonly perSecond: number;
};

/** One event as the legacy reads it, and changes it. */
export const legacyRead = `select "Id", "StartDate", "EndDate", "EventName", "Venue", "Price" from "Event"."Events" where "Id" = $1`;
export const legacyChange = `update "Event"."Events" set "Price" = "Price" + 0.01 where "Id" = $1`;

export type Asker = {
  /** Answers how long each took, in ms, from when it was due; those of its first second are left out. */
  stop(): Promise<number[]>;
};

/** Asks at a rate, whatever became of what was asked before (an open loop), in a thread of its own, until it is stopped. */
export function startAsker(asked: Asked): Asker {
  const worker = new Worker(new URL('./migration-asking.ts', import.meta.url), { workerData: asked });
  return {
    async stop() {
      worker.postMessage('stop');
      const [ms] = await once(worker, 'message');
      return ms;
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from './message.ts';

export type Loop = Subscription & { readonly wake: () => void };

const failureMs = 250;
const failureMsMax = 5_000;

/**
 * Repeats a pass as long as it finds something to do, then waits to be woken, `idleMs` at most. A pass that throws is
 * tried again a little later, and later still when it keeps failing: `onError` hears of it. `stop` lets the running pass finish.
 */
export function repeat(
  pass: () => Promise<number>,
  { idleMs, onError }: { readonly idleMs: number; readonly onError?: (error: unknown) => void },
): Loop {
  const stopping = new AbortController();
  let woken = false;
  let failures = 0;
  let interrupt = new AbortController();
  const wake = () => {
    woken = true;
    interrupt.abort();
  };
  const running = run();
  return {
    wake,
    async stop() {
      stopping.abort();
      wake();
      await running;
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false;
      interrupt = new AbortController();
      const done = await pass().catch((error: unknown) => {
        onError?.(error);
        return undefined;
      });
      failures = done === undefined ? failures + 1 : 0;
      if (done === undefined) await pause(Math.min(failureMs * 2 ** (failures - 1), failureMsMax), stopping.signal);
      else if (done === 0 && !woken) await pause(idleMs, interrupt.signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

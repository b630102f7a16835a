import { setTimeout as delay } from 'node:timers/promises';

/** Lets clients go first: whatever waits for its turn begins while nobody waits for an answer, one after the other. */
export type IdleTurns = {
  /** Resolves when it is one's turn, or after a tenth of a second in which there was none. */
  turn(): Promise<void>;
};

// About what one question takes.
const betweenMs = 2;
const waitMsMax = 100;

/** Without `isIdle` it is everybody's turn at once. */
export function createIdleTurns(isIdle?: () => boolean): IdleTurns {
  if (!isIdle) return { turn: async () => undefined };
  const waiting: { readonly go: () => void; readonly untilMs: number }[] = [];
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (isIdle() || performance.now() >= next.untilMs) waiting.shift()?.go();
      await delay(betweenMs);
    }
    isRunning = false;
  };
  return {
    turn() {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ go: resolve, untilMs: performance.now() + waitMsMax });
      if (!isRunning) void run();
      return promise;
    },
  };
}

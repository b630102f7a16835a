/** As much of `process` as is used. */
export type Interruptible = {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): unknown;
};

// npm hands Ctrl-C on to what it runs, which has had it from the terminal already.
const repeatedMs = 1_000;

/**
 * Ends the process after `end` when the user or the system wants it to, and at once when they want it again. It goes on listening
 * meanwhile: libraries that tidy up a terminal end a process to which nobody else listens.
 */
export function endWhenInterrupted(process: Interruptible, now: () => number, end: () => Promise<void>): void {
  let begunAt: number | undefined;
  const listener = async () => {
    if (begunAt !== undefined && now() - begunAt < repeatedMs) return;
    if (begunAt === undefined) {
      begunAt = now();
      await end();
    }
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listener);
}

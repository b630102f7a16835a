const ends = new Set<() => Promise<unknown>>();

/** Has it ended when the run is interrupted; it may have ended by then. */
export function endWhenInterrupted(end: () => Promise<unknown>): void {
  ends.add(end);
}

let interrupted = false;

/** Whether the run is being ended: what fails from then on fails for that reason. */
export function isInterrupted(): boolean {
  return interrupted;
}

/** From now on Ctrl-C, or SIGTERM, ends what the run has started, and the run. */
export function heedInterrupts(): void {
  for (const [signal, exitCode] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    process.once(signal, () => {
      interrupted = true;
      console.error('\nInterrupted: ending what was started …');
      void Promise.allSettled([...ends].map((end) => end())).then(() => process.exit(exitCode));
    });
  }
}

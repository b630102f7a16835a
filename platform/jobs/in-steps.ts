/**
 * Repeats a bounded step as long as it finds something, so that no single statement runs long. Answers the sum of what
 * the steps answered. Ends between two steps, with the reason, when the signal is aborted.
 */
export async function inSteps(signal: AbortSignal, step: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (;;) {
    signal.throwIfAborted();
    const done = await step();
    if (done === 0) return sum;
    sum += done;
  }
}

export type Reach = (phase: number) => Promise<void>;

/**
 * Lets operations that start together go on in step, so that a race happens every time and nobody has to sleep for it:
 * `reach(n)` resolves when every other one has reached phase n as well, or is done. Each starts in phase 0; none may
 * keep locks that another needs to get on.
 */
export function createPhases() {
  const running = new Set<{ phase: number }>();
  let waiting: (() => void)[] = [];

  return async <T>(work: (reach: Reach) => Promise<T>): Promise<T> => {
    const me = { phase: 0 };
    running.add(me);
    // What starts together has joined when this goes on.
    await Promise.resolve();
    try {
      return await work(async (phase) => {
        me.phase = phase;
        wake();
        while ([...running].some((other) => other.phase < phase)) await news();
      });
    } finally {
      running.delete(me);
      wake();
    }
  };

  function news(): Promise<void> {
    return new Promise((resolve) => waiting.push(resolve));
  }

  function wake(): void {
    const woken = waiting;
    waiting = [];
    for (const goOn of woken) goOn();
  }
}

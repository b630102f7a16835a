import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 10;
// A test is given a little more: all of them together may keep a small machine busy.
const boundMsUsual = 50_000;

/** Looks until there is an answer other than `undefined` and `false`, and gives it; throws when none came in time. */
export async function until<T>(
  fact: string,
  look: () => Promise<T | undefined | false>,
  boundMs = boundMsUsual,
): Promise<T> {
  const end = performance.now() + boundMs;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(lookEveryMs);
  }
  throw new Error(`in ${boundMs / 1000} s it did not come true that ${fact}`);
}

import { setTimeout as sleep } from 'node:timers/promises';

const lookEveryMs = 5;

/** Looks until it is so; throws when the signal ends that. */
export async function until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await isSo())) {
    signal.throwIfAborted();
    await sleep(lookEveryMs);
  }
}

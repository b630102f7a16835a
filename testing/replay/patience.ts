import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 25;

/** Asks again until the answer is enough or the patience is at its end; then the last answer is the answer. */
export async function askUntil<T>(
  patienceMs: number,
  ask: () => Promise<T>,
  isEnough: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isEnough(answer) || performance.now() >= deadline) return answer;
    await wait(POLL_MS);
  }
}

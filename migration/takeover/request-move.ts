import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '@ticketbuddy/cutover';
import { StartError } from '@ticketbuddy/errors';
import type pg from 'pg';
import { insertRequest, type MoveAnswer, readRequest, withdrawRequest } from './store-requests.ts';

export type MoveWish = {
  readonly unit: string;
  readonly to: Side;
  /** Whoever asked wants no answer any more. */
  readonly interrupted: AbortSignal;
  /** The worker has taken it up. */
  readonly onBegun?: () => void;
};

const lookEveryMs = 50;
const takenUpMsMax = 5_000;
const answeredMsMax = 60_000;
const undefinedTable = '42P01';

/**
 * Asks the worker, who is warm and has its connections, to move the unit, and answers what became of that. Throws a
 * `StartError` when nobody takes it up, and then nobody will; or when there is no answer, though somebody is at it.
 */
export async function requestMove(next: pg.Pool, wish: MoveWish): Promise<MoveAnswer> {
  const { unit, to, onBegun = () => undefined } = wish;
  const nth = await insertRequest(next, unit, to).catch((error: { code?: unknown }) => {
    if (error.code === undefinedTable) throw new StartError(`Nothing has been started: run \`migrate start ${unit}\`.`);
    throw error;
  });
  const askedAt = performance.now();
  for (let wasBegun = false; ; await sleep(lookEveryMs)) {
    const state = await readRequest(next, nth);
    if (!state) throw new StartError(`Somebody has abandoned the move of ${unit}: nobody will answer.`);
    const { isBegun, answer } = state;
    if (answer) return answer;
    if (isBegun && !wasBegun) onBegun();
    wasBegun = isBegun;
    await giveUp(next, wish, { nth, isBegun, waitedMs: performance.now() - askedAt });
  }
}

type Waiting = { readonly nth: string; readonly isBegun: boolean; readonly waitedMs: number };

/** Throws when it is time to, and what was asked for is either withdrawn or known to go on. */
async function giveUp(next: pg.Pool, { unit, interrupted }: MoveWish, { nth, isBegun, waitedMs }: Waiting) {
  if (!interrupted.aborted && waitedMs < (isBegun ? answeredMsMax : takenUpMsMax)) return;
  if (isBegun)
    throw new StartError(`The worker is still at it, without you: \`migrate status ${unit}\` shows how it ends.`);
  if (!(await withdrawRequest(next, nth))) return;
  if (interrupted.aborted) throw new StartError('Nobody had begun it: nothing was done.');
  throw new StartError(`Nobody carries ${unit}: is \`migrate start ${unit}\` running? Nothing was done.`);
}

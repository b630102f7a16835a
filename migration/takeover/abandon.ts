import { abandon } from '@ticketbuddy/change-stream';
import { lowerFence, removeFence } from '@ticketbuddy/cutover';
import { conflict } from '@ticketbuddy/errors';
import { schema } from './schema.ts';
import { dropOrigin, forgetRequests, forgetTakeover, unfinishedMove } from './store.ts';
import { isThere } from './store-shares.ts';
import { resumeSwitch } from './switch-unit.ts';
import { originOf, streamOf, type Takeover } from './takeover.ts';

/**
 * Removes every trace of the takeover from the legacy's database, and from the new one all but the journal and who owns the
 * unit, which gateways go on asking; and its queue from the broker, without which nothing is done. A move that somebody has left is
 * brought to its end first. The rows stay as they are. No worker may run.
 */
export async function abandonTakeover(takeover: Takeover): Promise<void> {
  const { plan, places, tap } = takeover;
  await finishLastMove(takeover);
  await tap?.remove();
  await abandon(places.legacy.pool, streamOf(plan, 'next'));
  await abandon(places.next.pool, streamOf(plan, 'legacy'));
  for (const side of ['legacy', 'next'] as const) {
    const { pool } = places[side];
    await forgetTakeover(pool, plan.unit, streamOf(plan, side).name);
    await dropOrigin(pool, originOf(plan, side));
  }
  await forgetRequests(places.next.pool, plan.unit);
  await removeFence(places.legacy.pool, plan.unit);
  await lowerFence(places.next.pool, plan.unit);
}

// Nobody comes after this who would let go the writes that gateways hold back for it.
async function finishLastMove(takeover: Takeover): Promise<void> {
  const { plan, places } = takeover;
  if (!(await isThere(places.next.pool, `${schema}.journal`))) return;
  await resumeSwitch(takeover);
  if (await unfinishedMove(places.next.pool, plan.unit))
    throw conflict('is_moved', `Somebody is moving ${plan.unit}: wait until it has come to its end`);
}

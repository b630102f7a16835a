import { openWriter, type Writer } from '@ticketbuddy/backfill';
import { abandon } from '@ticketbuddy/change-stream';
import { lowerFence, removeFence, type Side } from '@ticketbuddy/cutover';
import { conflict, Refusal } from '@ticketbuddy/errors';
import { schema } from './schema.ts';
import { dropOrigin, forgetRequests, forgetTakeover, unfinishedMove } from './store.ts';
import { isThere } from './store-shares.ts';
import { resumeSwitch } from './switch-unit.ts';
import { originOf, streamOf, type Takeover } from './takeover.ts';

/**
 * Removes every trace of the takeover from the legacy's database, and from the new one all but the journal and who owns the
 * unit, which gateways go on asking; and its queue from the broker, without which nothing is done. A move that somebody has left is
 * brought to its end first. The rows stay as they are. Throws a conflict while a worker runs, and keeps others from it.
 */
export async function abandonTakeover(takeover: Takeover): Promise<void> {
  await finishLastMove(takeover);
  const writers = [await writerTo(takeover, 'next'), await writerTo(takeover, 'legacy')];
  try {
    await removeTraces(takeover);
  } finally {
    for (const writer of writers) await writer.close();
  }
}

async function removeTraces({ plan, places, tap }: Takeover): Promise<void> {
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

/** As long as it is open, nobody carries rows to the side: half of what he needs would be gone. */
async function writerTo({ plan, places }: Takeover, to: Side): Promise<Writer> {
  return openWriter({ pool: places[to].pool, schema, unit: streamOf(plan, to).name }).catch((error) => {
    if (!(error instanceof Refusal)) throw error;
    throw conflict(
      'is_carried',
      `Somebody carries the rows of ${plan.unit}: stop \`migrate start ${plan.unit}\` first.`,
    );
  });
}

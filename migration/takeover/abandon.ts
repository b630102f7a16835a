import { abandon } from '@ticketbuddy/change-stream';
import { removeFence } from '@ticketbuddy/cutover';
import { forgetTakeover } from './store.ts';
import { streamOf, type Takeover } from './takeover.ts';

/**
 * Removes every trace of the takeover from both databases, but for the journal: slots, publications, triggers, tables.
 * The rows stay as they are, and whoever owned the unit goes on owning it, without a fence. No worker may run.
 */
export async function abandonTakeover({ plan, places }: Takeover): Promise<void> {
  await abandon(places.legacy.pool, streamOf(plan, 'next'));
  await abandon(places.next.pool, streamOf(plan, 'legacy'));
  for (const side of ['legacy', 'next'] as const) {
    const { pool } = places[side];
    await forgetTakeover(pool, [streamOf(plan, side).name]);
    await removeFence(pool, plan.unit);
  }
}

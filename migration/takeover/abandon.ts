import { abandon } from '@ticketbuddy/change-stream';
import { lowerFence, removeFence } from '@ticketbuddy/cutover';
import { dropOrigin, forgetRequests, forgetTakeover } from './store.ts';
import { originOf, streamOf, type Takeover } from './takeover.ts';

/**
 * Removes every trace of the takeover from the legacy's database, and from the new one all but the journal and who owns the
 * unit, which gateways go on asking; and its queue from the broker, without which nothing is done. The rows stay as they are. No
 * worker may run.
 */
export async function abandonTakeover({ plan, places, tap }: Takeover): Promise<void> {
  await tap?.remove();
  await abandon(places.legacy.pool, streamOf(plan, 'next'));
  await abandon(places.next.pool, streamOf(plan, 'legacy'));
  for (const side of ['legacy', 'next'] as const) {
    const { pool } = places[side];
    await forgetTakeover(pool, streamOf(plan, side).name);
    await dropOrigin(pool, originOf(plan, side));
  }
  await forgetRequests(places.next.pool, plan.unit);
  await removeFence(places.legacy.pool, plan.unit);
  await lowerFence(places.next.pool, plan.unit);
}

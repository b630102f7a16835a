import {
  createEdgeTables,
  fenceFaults,
  type Ownership,
  openJournal,
  raiseFence,
  readFence,
  type Side,
} from '@ticketbuddy/cutover';
import { sessionUser } from './store.ts';
import { createRequestTable } from './store-requests.ts';
import { fencePlanOf, type Takeover } from './takeover.ts';

/**
 * Raises the fence in both databases, with the legacy as the owner, and opens the journal. May be done again at any time:
 * an owner that has changed since stays. The role that is logged in is the one that passes the fence.
 */
export async function prepareTakeover(takeover: Takeover): Promise<void> {
  const { next } = takeover.places;
  await openJournal(next.pool);
  await createEdgeTables(next.pool);
  await createRequestTable(next.pool);
  const known = await readFence(next.pool, takeover.plan.unit);
  for (const side of ['next', 'legacy'] as const) await fence(takeover, side, known ?? { owner: 'legacy', epoch: 1 });
}

async function fence(takeover: Takeover, side: Side, atFirst: Ownership): Promise<void> {
  const { pool } = takeover.places[side];
  const known = await readFence(pool, takeover.plan.unit);
  const plan = fencePlanOf(takeover, side, await sessionUser(pool));
  // To make it anew would wait for those who write.
  if (known && (await fenceFaults(pool, plan)).length === 0) return;
  await raiseFence(pool, plan, known ?? atFirst);
}

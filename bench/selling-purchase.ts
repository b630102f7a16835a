import { compared, interleave } from './contest.ts';
import { redisIsMissing } from './redis-line.ts';
import { openLegacy } from './selling-legacy.ts';
import type { Hold } from './selling-records.ts';
import { purchaseShot } from './selling-requests.ts';
import { anyGroups, ceilingFor, holdsToBuy, inTurn, mostPerSecond, purchaseAll, type World } from './selling-world.ts';

const leastRatio = { fourSeats: 0.35, legacy: 30 };

/** Purchases of held seats that end in an order with tickets, against the bare server and against the legacy's way. */
export async function benchPurchase(world: World): Promise<void> {
  const { effort, wants, tell, report, ceiling, shop, stock, databases } = world;
  const { rounds, seconds } = effort;
  const any = anyHolds();
  const legacy =
    wants('purchase.legacy-algorithm') && !isLegacyMissing(world) ? await openLegacy(databases) : undefined;
  const turns = {
    ceiling: () => ceilingFor(seconds, ceiling, () => purchaseShot(any())),
    async ours() {
      const holds = await holdsToBuy(shop, stock, seconds * mostPerSecond);
      return purchaseAll(shop, inTurn(holds), seconds);
    },
    legacy: async () => (legacy ? legacy.purchaseFor('stadium', seconds) : 0),
    small: async () => (legacy ? legacy.purchaseFor('small', seconds) : 0),
  };
  const did = await interleave(rounds, turns, (round) => tell('purchase.4seats, purchase.legacy-algorithm', round));
  const unit = 'requests/s';
  if (wants('purchase.4seats'))
    report(compared({ name: 'purchase.4seats', unit, target: leastRatio.fourSeats }, did.ours, did.ceiling));
  if (legacy) {
    report(compared({ name: 'purchase.legacy-algorithm', unit, target: leastRatio.legacy }, did.ours, did.legacy));
    report(compared({ name: 'purchase.legacy-algorithm.small-events', unit }, did.ours, did.small));
  }
  await legacy?.stop();
  await world.audit(shop);
}

function isLegacyMissing({ tell }: World): boolean {
  const missing = redisIsMissing();
  if (missing) tell('purchase.legacy-algorithm is left out: there is no /usr/bin/redis-server (Debian: redis-server)');
  return missing;
}

/** Of no event in particular, for the bare server. */
function anyHolds(): () => Hold {
  const any = anyGroups();
  const someone = '00000000-0000-4000-8000-000000000000';
  return () => ({ eventId: any().eventId, userId: someone, holdId: someone, seats: [], heldUntil: '' });
}

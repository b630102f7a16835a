import { randomUUID } from 'node:crypto';
import { Refusal } from '@ticketbuddy/errors';
import type { Deps } from '@ticketbuddy/runtime';

import type { Change } from '../request.ts';
import { hold, type Outcome, type Seat, type Seats, type Selection, sell } from '../seat.ts';
import { seatsOfEvent } from '../store-sales.ts';
import type { DB } from '../tables.gen.ts';
import { createPhases } from './phases.ts';
import { realSelling, type Selling } from './selling.ts';
import { writeUnfenced } from './store-of-defects.ts';

/** D2: two buyers own one seat, because a purchase looks at the seats, judges and writes while others do the same. */
export function purchaseWithoutLock(deps: Deps<DB>): Selling {
  const inPhases = createPhases();
  const real = realSelling(deps);
  return {
    reserve: (selections) => inPhases(() => real.reserve(selections)),
    purchase: (selections) =>
      inPhases(async (reach) => {
        await reach(1);
        return decideWithoutLock(deps, selections, { kind: 'sold', rule: sell, beforeWriting: () => reach(2) });
      }),
    applyEvent: (event) => inPhases((reach) => reach(3).then(() => real.applyEvent(event))),
  };
}

/** D3: two users hold one seat, because a reservation looks at the seats, judges and writes while others do the same. */
export function reserveWithoutLock(deps: Deps<DB>): Selling {
  const inPhases = createPhases();
  const real = realSelling(deps);
  return {
    reserve: (selections) =>
      inPhases((reach) =>
        decideWithoutLock(deps, selections, { kind: 'held', rule: hold, beforeWriting: () => reach(1) }),
      ),
    purchase: (selections) => inPhases((reach) => reach(2).then(() => real.purchase(selections))),
    applyEvent: (event) => inPhases((reach) => reach(2).then(() => real.applyEvent(event))),
  };
}

type Way = {
  readonly kind: Change['kind'];
  readonly rule: (seats: Seats, selection: Selection, now: Temporal.Instant, holdId: string) => Seat[];
  readonly beforeWriting: () => Promise<void>;
};

async function decideWithoutLock({ db, clock }: Deps<DB>, selections: readonly Selection[], way: Way) {
  const now = clock.now();
  const outcomes: Outcome[] = [];
  for (const selection of selections) {
    const seats = new Map((await seatsOfEvent(db, selection.eventId)).map((seat) => [seat.id, seat])) as Seats;
    outcomes.push(judge(() => way.rule(seats, selection, now, randomUUID())));
  }
  await way.beforeWriting();
  for (const [nth, selection] of selections.entries()) {
    const outcome = outcomes[nth];
    if (!outcome || 'refused' in outcome || outcome.seats.length === 0) continue;
    // In the order of their numbers, so that the plant shows its defect and no deadlock.
    const seats = outcome.seats.toSorted((one, other) => one.number - other.number);
    const change = { kind: way.kind, userId: selection.userId, seats };
    await db.transaction((tx) => writeUnfenced(tx, selection.eventId, change, now));
  }
  return outcomes;
}

function judge(rule: () => Seat[]): Outcome {
  try {
    return { seats: rule() };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error };
    throw error;
  }
}

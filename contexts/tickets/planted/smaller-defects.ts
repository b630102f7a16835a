import type { Deps } from '@ticketbuddy/runtime';
import { firstSeats } from '../announced-event.ts';
import { seatsHeld } from '../refusals.ts';
import type { Outcome } from '../seat.ts';
import { createSeats, saveEvent } from '../store.ts';
import { seatsOfEvent } from '../store-sales.ts';
import type { DB } from '../tables.gen.ts';
import { realSelling, type Selling } from './selling.ts';
import { moveHolds, moveSales } from './store-of-defects.ts';

/** A hold ends a minute before the time that its holder was told. */
export function holdsEndEarly(deps: Deps<DB>): Selling {
  const real = realSelling(deps);
  return {
    ...real,
    async reserve(selections) {
      const outcomes = await real.reserve(selections);
      for (const { userId } of selections) await deps.db.transaction((tx) => moveHolds(tx, userId, -1));
      return outcomes;
    },
  };
}

/** D10: an old message overwrites a new one, because each counts as newer than the one before. */
export function lastMessageWins(deps: Deps<DB>): Selling {
  const real = realSelling(deps);
  let received = 0;
  return { ...real, applyEvent: (event) => real.applyEvent({ ...event, version: ++received }) };
}

/** The last seat of an event is forgotten. */
export function oneSeatMissing(deps: Deps<DB>): Selling {
  const { db, clock } = deps;
  const real = realSelling(deps);
  return {
    ...real,
    async applyEvent(event) {
      if ((await seatsOfEvent(db, event.id)).length > 0) return real.applyEvent(event);
      await db.transaction(async (tx) => {
        await saveEvent(tx, event);
        await createSeats(tx, firstSeats(event).slice(0, -1), clock.now());
      });
    },
  };
}

/** Sales come to be later, and the ledger does not hear of it. */
export function ledgerMissesSomething(deps: Deps<DB>): Selling {
  const real = realSelling(deps);
  return {
    ...real,
    async purchase(selections) {
      const outcomes = await real.purchase(selections);
      for (const { userId } of selections) await deps.db.transaction((tx) => moveSales(tx, userId, 1));
      return outcomes;
    },
  };
}

/** D27: a buyer hears of a seat that is sold for good that it is reserved, and comes back in vain. */
export function soldSeatsStayReserved(deps: Deps<DB>): Selling {
  const real = realSelling(deps);
  const told = (outcome: Outcome): Outcome =>
    'refused' in outcome && outcome.refused.code === 'seats_sold' ? { refused: seatsHeld() } : outcome;
  return { ...real, purchase: async (selections) => (await real.purchase(selections)).map(told) };
}

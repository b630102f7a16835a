import type { Deps } from '@ticketbuddy/runtime';
import type { AnnouncedEvent } from '../announced-event.ts';
import { saveEvent } from '../store.ts';
import { seatsOfEvent } from '../store-sales.ts';
import type { DB } from '../tables.gen.ts';
import { createPhases, type Reach } from './phases.ts';
import { realSelling, type Selling } from './selling.ts';
import { writeWholeRows } from './store-of-defects.ts';

/** D1: a price change reads the seats, and later writes whole rows back, over the sales made meanwhile. */
export function priceChangeErasesSales(deps: Deps<DB>): Selling {
  const inPhases = createPhases();
  const real = realSelling(deps);
  return {
    reserve: (selections) => inPhases((reach) => reach(1).then(() => real.reserve(selections))),
    purchase: (selections) => inPhases((reach) => reach(1).then(() => real.purchase(selections))),
    applyEvent: (event) => inPhases((reach) => changePrice(deps, event, reach)),
  };
}

async function changePrice(deps: Deps<DB>, event: AnnouncedEvent, reach: Reach): Promise<void> {
  const { db, clock } = deps;
  const seats = await seatsOfEvent(db, event.id);
  if (seats.length === 0) return realSelling(deps).applyEvent(event);
  const isNews = await db.transaction((tx) => saveEvent(tx, event));
  await reach(2);
  if (isNews) await db.transaction((tx) => writeWholeRows(tx, event, seats, clock.now()));
}

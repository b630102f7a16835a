import type { Deps } from '@ticketbuddy/runtime';

import { reserveSeats } from '../reserve-seats.ts';
import { openSales } from '../sales.ts';
import type { Outcome, Seat, Selection } from '../seat.ts';
import type { DB } from '../tables.gen.ts';
import { createPhases } from './phases.ts';
import { realSelling, type Selling } from './selling.ts';

/** D4: a refused reservation keeps the seats before the taken one, because each is reserved by itself. */
export function reserveSeatBySeat(deps: Deps<DB>): Selling {
  const inPhases = createPhases();
  const real = realSelling(deps);
  // One reservation after the other and everything else later, so that a granted one shows no other defect.
  let reserving: Promise<unknown> = Promise.resolve();
  return {
    reserve: (selections) =>
      inPhases(() => {
        const outcomes = reserving.then(() => reserveEach(deps, selections));
        reserving = outcomes.catch(() => undefined);
        return outcomes;
      }),
    purchase: (selections) => inPhases((reach) => reach(1).then(() => real.purchase(selections))),
    applyEvent: (event) => inPhases((reach) => reach(1).then(() => real.applyEvent(event))),
  };
}

async function reserveEach({ db, clock }: Deps<DB>, selections: readonly Selection[]): Promise<Outcome[]> {
  const now = clock.now();
  const outcomes: Outcome[] = [];
  for (const selection of selections)
    outcomes.push(await reserveOneByOne({ db, clock: { now: () => now } }, selection));
  return outcomes;
}

async function reserveOneByOne(deps: Deps<DB>, selection: Selection): Promise<Outcome> {
  const held: Seat[] = [];
  for (const id of new Set(selection.seatIds)) {
    const [outcome] = await reserveSeats({ sales: openSales(deps) }, [{ ...selection, seatIds: [id] }]);
    if (!outcome || 'refused' in outcome) return outcome ?? { seats: [] };
    held.push(...outcome.seats);
  }
  return { seats: held };
}

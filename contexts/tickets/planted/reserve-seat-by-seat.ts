import type { Deps } from '@ticketbuddy/runtime';
import type { Outcome } from '../decide-together.ts';
import { reserveSeats } from '../reserve-seats.ts';
import type { Seat, Selection } from '../seat.ts';
import type { DB } from '../tables.gen.ts';
import { realSelling, type Selling } from './selling.ts';

/** D4: a refused reservation keeps the seats before the taken one, because each is reserved by itself. */
export function reserveSeatBySeat(deps: Deps<DB>): Selling {
  return {
    ...realSelling(deps),
    async reserve(selections) {
      const outcomes: Outcome[] = [];
      for (const selection of selections) outcomes.push(await reserveOneByOne(deps, selection));
      return outcomes;
    },
  };
}

async function reserveOneByOne(deps: Deps<DB>, selection: Selection): Promise<Outcome> {
  const held: Seat[] = [];
  for (const id of new Set(selection.seatIds)) {
    const [outcome] = await reserveSeats(deps, [{ ...selection, seatIds: [id] }]);
    if (!outcome || 'refused' in outcome) return outcome ?? { seats: [] };
    held.push(...outcome.seats);
  }
  return { seats: held };
}

import { Refusal } from '@ticketbuddy/errors';
import type { Deps } from '@ticketbuddy/runtime';
import { publishSoldOut } from '../publish-sold-out.ts';
import { type Outcome, type Seats, type Selection, sell } from '../seat.ts';
import { seatsOfEvent } from '../store-sales.ts';
import type { DB } from '../tables.gen.ts';
import { realSelling, type Selling } from './selling.ts';
import { lockSeats, writeUnfenced } from './store-of-defects.ts';

/** Nobody tells that an event is sold out: of two that buy the last seats at once each sees the other's as unsold. */
export function purchasesDoNotWaitForEachOther(deps: Deps<DB>): Selling {
  return {
    ...realSelling(deps),
    purchase: (selections) =>
      Promise.all(selections.map((selection) => sellWithoutFence(deps, selection).catch(toRefusal))),
  };
}

async function sellWithoutFence({ db, clock }: Deps<DB>, selection: Selection): Promise<Outcome> {
  const { eventId, userId } = selection;
  return db.transaction(async (tx) => {
    await lockSeats(tx, eventId, selection.seatIds);
    const all = await seatsOfEvent({ query: tx }, eventId);
    const [now, unsold] = [clock.now(), all.filter(({ state }) => state !== 'sold').length];
    const seats = sell(new Map(all.map((seat) => [seat.id, seat])) as Seats, selection, now);
    if (seats.length > 0) await writeUnfenced(tx, eventId, { kind: 'sold', userId, seats }, now);
    if (seats.length === unsold) await publishSoldOut(tx, { eventId, version: 1 }, { now, traceparent: undefined });
    return { seats };
  });
}

function toRefusal(error: unknown): Outcome {
  if (error instanceof Refusal) return { refused: error };
  throw error;
}

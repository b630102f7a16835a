import { setTimeout as pause } from 'node:timers/promises';
import { demo } from '@ticketbuddy/contracts';
import type { Deps } from '@ticketbuddy/runtime';
import { purchaseSeats } from './purchase-seats.ts';
import { openSales } from './sales.ts';
import type { Seat } from './seat.ts';
import { seatsOfEvent } from './store-sales.ts';
import type { DB } from './tables.gen.ts';

const seatsLeft = 2;
const lookEveryMs = 25;
const looks = 200;

/** Sells all but two seats of one demo event to the demo customers, if nobody has bought there. Answers how many. */
export async function seedSales(deps: Deps<DB>): Promise<number> {
  const seats = await seatsOnceThere(deps);
  if (seats.some(({ state }) => state !== 'open')) return 0;
  const sold = seats.slice(0, Math.max(0, seats.length - seatsLeft));
  const buyers = demo.customerIds;
  const outcomes = await purchaseSeats(
    { sales: openSales(deps) },
    buyers.map((userId, nth) => ({
      eventId: demo.nearlySoldOutEventId,
      userId,
      seatIds: sold.filter((_, seat) => seat % buyers.length === nth).map(({ id }) => id),
    })),
  );
  return outcomes.reduce((count, outcome) => count + ('seats' in outcome ? outcome.seats.length : 0), 0);
}

// The seats follow the event by message; five seconds without them mean that the event is not there either.
async function seatsOnceThere({ db }: Deps<DB>): Promise<Seat[]> {
  for (let look = 0; look < looks; look++) {
    const seats = await seatsOfEvent(db, demo.nearlySoldOutEventId);
    if (seats.length > 0) return seats;
    await pause(lookEveryMs);
  }
  return [];
}

import type { Transact } from '@ticketbuddy/postgres';
import type { Deps } from '@ticketbuddy/runtime';
import { countSold } from './counters.ts';
import { decideTogether } from './decide-together.ts';
import { publishSoldOut } from './publish-sold-out.ts';
import { type Granted, type Outcome, type Selection, sell } from './seat.ts';
import { lockSeatsForSale, sellSeats } from './store.ts';
import type { DB } from './tables.gen.ts';

/**
 * Sells each selection's seats to its user at the price they have now, all of them or none; this ends their holds. The
 * other contexts are told when an event's last seat is sold. Nothing takes a sold seat back yet: what will has to
 * withdraw that, by `first_unsold` and the next version.
 */
export async function purchaseSeats(deps: Deps<DB>, selections: readonly Selection[]): Promise<Outcome[]> {
  const outcomes = await decideTogether(deps, selections, { lock: lockSeatsForSale, rule: sell, write: sellAndTell });
  countSold(outcomes);
  return outcomes;
}

async function sellAndTell(tx: Transact<DB>, granted: readonly Granted[], now: Temporal.Instant): Promise<void> {
  for (const soldOut of await sellSeats(tx, granted, now)) {
    // The trace of the purchase that took the last seat.
    const last = granted.findLast(({ selection }) => selection.eventId === soldOut.eventId);
    await publishSoldOut(tx, soldOut, { now, traceparent: last?.selection.traceparent });
  }
}

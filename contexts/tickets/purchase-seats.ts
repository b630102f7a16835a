import type { Deps } from '@ticketbuddy/runtime';
import { decideTogether, type Outcome } from './decide-together.ts';
import { type Selection, sell } from './seat.ts';
import { sellSeats } from './store.ts';
import type { DB } from './tables.gen.ts';

/** Sells each selection's seats to its user at the price they have now, all of them or none; this ends their holds. */
export async function purchaseSeats(deps: Deps<DB>, selections: readonly Selection[]): Promise<Outcome[]> {
  return decideTogether(deps, selections, sell, sellSeats);
}

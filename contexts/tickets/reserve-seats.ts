import type { Deps } from '@ticketbuddy/runtime';
import { decideTogether, type Outcome } from './decide-together.ts';
import { hold, type Selection } from './seat.ts';
import { holdSeats } from './store.ts';
import type { DB } from './tables.gen.ts';

/** Holds each selection's seats for its user for 15 minutes, all of them or none; holding again starts anew. */
export async function reserveSeats(deps: Deps<DB>, selections: readonly Selection[]): Promise<Outcome[]> {
  return decideTogether(deps, selections, hold, holdSeats);
}

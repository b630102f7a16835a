import type { Deps } from '@ticketbuddy/runtime';
import { countHeld } from './counters.ts';
import { decideTogether } from './decide-together.ts';
import { hold, type Outcome, type Selection } from './seat.ts';
import { holdSeats, lockSeats } from './store.ts';
import type { DB } from './tables.gen.ts';

/** Holds each selection's seats for its user for 15 minutes, all of them or none; holding again starts anew. */
export async function reserveSeats(deps: Deps<DB>, selections: readonly Selection[]): Promise<Outcome[]> {
  const outcomes = await decideTogether(deps, selections, { lock: lockSeats, rule: hold, write: holdSeats });
  countHeld(outcomes);
  return outcomes;
}

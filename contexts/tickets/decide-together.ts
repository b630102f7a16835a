import { Refusal } from '@ticketbuddy/errors';
import type { Transact } from '@ticketbuddy/postgres';
import type { Deps } from '@ticketbuddy/runtime';
import type { Granted, Seat, SeatsById, Selection } from './seat.ts';
import { lockSeats } from './store.ts';
import type { DB } from './tables.gen.ts';

/** What became of one selection of a batch. */
export type Outcome = { readonly refused: Refusal } | { readonly seats: readonly Seat[] };

type Rule = (seats: SeatsById, selection: Selection, now: Temporal.Instant) => Seat[];
type Write = (tx: Transact<DB>, granted: readonly Granted[], now: Temporal.Instant) => Promise<void>;

/**
 * Decides a batch of selections in one transaction: locks all their seats in one order, then judges each selection, in
 * the order of the batch, against what those before it changed, then writes what was granted. A refused one changes
 * nothing. Answers an outcome for each.
 */
export async function decideTogether(
  { db, clock }: Deps<DB>,
  selections: readonly Selection[],
  rule: Rule,
  write: Write,
): Promise<Outcome[]> {
  return db.transaction(async (tx) => {
    const seats = byEvent(await lockSeats(tx, selections));
    const now = clock.now();
    const outcomes = selections.map((selection) => judge(seats, selection, rule, now));
    const granted = outcomes.flatMap((outcome, nth) => grantedOf(outcome, selections[nth]));
    if (granted.length > 0) await write(tx, granted, now);
    return outcomes;
  });
}

type SeatMaps = Map<string, Map<string, Seat>>;

function byEvent(seats: readonly Seat[]): SeatMaps {
  const maps: SeatMaps = new Map();
  for (const seat of seats) {
    const map = maps.get(seat.eventId) ?? new Map<string, Seat>();
    maps.set(seat.eventId, map.set(seat.id, seat));
  }
  return maps;
}

function judge(maps: SeatMaps, selection: Selection, rule: Rule, now: Temporal.Instant): Outcome {
  const known = maps.get(selection.eventId) ?? new Map<string, Seat>();
  try {
    const seats = rule(known, selection, now);
    for (const seat of seats) known.set(seat.id, seat);
    return { seats };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error };
    throw error;
  }
}

function grantedOf(outcome: Outcome, selection: Selection | undefined): Granted[] {
  if ('refused' in outcome || outcome.seats.length === 0 || !selection) return [];
  return [{ selection, seats: outcome.seats }];
}

import { Refusal } from '@ticketbuddy/errors';
import type { Transact } from '@ticketbuddy/postgres';
import type { Deps } from '@ticketbuddy/runtime';
import { recall } from './idempotency.ts';
import type { Granted, Outcome, Seat, SeatsById, Selection } from './seat.ts';
import type { DB } from './tables.gen.ts';

type Rule = (seats: SeatsById, selection: Selection, now: Temporal.Instant) => Seat[];

type Way = {
  /** Answers the seats that the selections name, which nobody else changes until the transaction ends. */
  readonly lock: (tx: Transact<DB>, selections: readonly Selection[]) => Promise<Seat[]>;
  readonly rule: Rule;
  readonly write: (tx: Transact<DB>, granted: readonly Granted[], now: Temporal.Instant) => Promise<void>;
};

/**
 * Decides a batch of selections in one transaction: locks all their seats in one order, then judges each selection, in
 * the order of the batch, against what those before it changed, then writes what was granted. A refused one changes
 * nothing. What was decided before, under the same key, is not decided again. Answers an outcome for each.
 */
export async function decideTogether(
  { db, clock }: Deps<DB>,
  selections: readonly Selection[],
  { lock, rule, write }: Way,
): Promise<Outcome[]> {
  return db.transaction(async (tx) => {
    const decisions = await recall(tx, selections, clock.now());
    const seats = byEvent(await lock(tx, selections));
    const now = clock.now();
    const granted: Granted[] = [];
    const outcomes = selections.map((selection) =>
      decisions.outcomeOf(selection, () => {
        const outcome = judge(seats, selection, rule, now);
        granted.push(...grantedOf(outcome, selection));
        return outcome;
      }),
    );
    if (granted.length > 0) await write(tx, granted, now);
    await decisions.keep();
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

function grantedOf(outcome: Outcome, selection: Selection): Granted[] {
  if ('refused' in outcome || outcome.seats.length === 0) return [];
  return [{ selection, seats: outcome.seats }];
}

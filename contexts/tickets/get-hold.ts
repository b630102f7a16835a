import { Draft } from './draft.ts';
import { holdUnknown } from './refusals.ts';
import type { Sales } from './sales.ts';
import { isHeld } from './seat.ts';
import { type HoldFacts, heldTogether } from './wire-v2.ts';

/** The hold as it is at `now`. Refuses one that has ended, was released or bought, or never was. */
export async function getHold(
  { houses }: Sales,
  eventId: string,
  holdId: string,
  now: Temporal.Instant,
): Promise<HoldFacts> {
  const seats = new Draft(await houses.current(eventId)).seatsOfHold(holdId);
  const hold = heldTogether(seats.filter((seat) => isHeld(seat, now)));
  if (!hold) throw holdUnknown();
  return hold;
}

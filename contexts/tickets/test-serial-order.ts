import type { Seat, SeatState, Selection } from './seat.ts';
import { type Answer, describeSeat, type Events, type Happening, type Seats, withNews } from './test-history.ts';

export type World = { readonly seats: Seats; readonly events: Events; readonly now: Temporal.Instant };

/**
 * Whether what happened at once could have happened one after the other, in some order, with just these answers and
 * just these seats in the end. Knows the rules of selling by itself, in other words than the product.
 */
export function someOrderExplains(world: World, happened: readonly Happening[], after: Seats): boolean {
  if (happened.length === 0) return sameSeats(world.seats, after);
  return happened.some((first) => {
    const next = follow(world, first);
    return (
      next !== undefined &&
      someOrderExplains(
        next,
        happened.filter((other) => other !== first),
        after,
      )
    );
  });
}

// The world after it, unless somebody would have been told something else there.
function follow(world: World, happening: Happening): World | undefined {
  if (happening.act === 'wait') return { ...world, now: happening.until };
  if (happening.act === 'announce') return priced({ ...world, events: withNews(world.events, happening.event) });
  let next: World | undefined = world;
  for (const answer of happening.answers) next &&= answered(next, answer);
  return next;
}

function priced(world: World): World {
  const seats = [...world.seats].map(([id, seat]): [string, Seat] => {
    const pricePence = world.events.get(seat.eventId)?.pricePence ?? seat.pricePence;
    return [id, seat.state === 'sold' ? seat : { ...seat, pricePence }];
  });
  return { ...world, seats: new Map(seats) };
}

function answered(world: World, { act, selection, outcome }: Answer): World | undefined {
  const reason = reasonToRefuse(world, act, selection);
  if ('refused' in outcome || reason)
    return 'refused' in outcome && outcome.refused.code === reason ? world : undefined;
  const state = grantedState(world, act, selection.userId);
  const seats = new Map(world.seats);
  for (const id of selection.seatIds) {
    const seat = seats.get(String(id)) as Seat;
    seats.set(seat.id, { ...withoutState(seat), ...state });
  }
  return sameSeats(new Map(outcome.seats.map((seat) => [seat.id, seat])), taken(seats, selection))
    ? { ...world, seats }
    : undefined;
}

function reasonToRefuse({ seats, now }: World, act: Answer['act'], { eventId, userId, seatIds }: Selection) {
  const named = seatIds
    .map((id) => seats.get(String(id)))
    .map((seat) => (seat?.eventId === eventId ? seat : undefined));
  const isOthers = (seat?: Seat) =>
    seat?.state === 'held' && seat.holderId !== userId && seat.heldUntil.epochNanoseconds > now.epochNanoseconds;
  if (named.some(isOthers)) return 'seats_held';
  if (named.includes(undefined)) return 'seats_unknown';
  if (act === 'buy' && seatIds.some((id, nth) => seatIds.indexOf(id) !== nth)) return 'seats_unknown';
  return named.some((seat) => seat?.state === 'sold') ? 'seats_sold' : undefined;
}

function grantedState({ now }: World, act: Answer['act'], userId: string): SeatState {
  if (act === 'buy') return { state: 'sold', ownerId: userId, soldAt: now };
  return { state: 'held', holderId: userId, holdId: 'any', heldSince: now, heldUntil: now.add({ minutes: 15 }) };
}

function withoutState({ eventId, number, id, pricePence }: Seat) {
  return { eventId, number, id, pricePence };
}

function taken(seats: Seats, { seatIds }: Selection): Seats {
  return new Map([...seats].filter(([id]) => seatIds.includes(id)));
}

function sameSeats(some: Seats, others: Seats): boolean {
  return (
    some.size === others.size && [...some].every(([id, seat]) => describeSeat(seat) === describeSeat(others.get(id)))
  );
}

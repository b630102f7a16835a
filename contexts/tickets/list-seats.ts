import type { Sales } from './sales.ts';
import type { Seat } from './seat.ts';

/** The seats of an event; none when it is unknown, or announced a moment ago. */
export async function listSeats({ houses }: Sales, eventId: string): Promise<readonly Seat[]> {
  return (await houses.current(eventId))?.seats ?? [];
}

/** The seats of an event that the user bought. */
export async function listSeatsOfOwner({ houses }: Sales, eventId: string, ownerId: string): Promise<Seat[]> {
  const house = await houses.current(eventId);
  const seats = house?.seatsOfUser(ownerId) ?? [];
  return seats.filter(({ state }) => state === 'sold').sort((one, other) => one.number - other.number);
}

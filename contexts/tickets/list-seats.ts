import type { Sales } from './sales.ts';
import type { Seat } from './seat.ts';

/** The seats of an event; none when it is unknown, or announced a moment ago. */
export async function listSeats({ houses }: Sales, eventId: string): Promise<readonly Seat[]> {
  return (await houses.current(eventId))?.seats ?? [];
}

/** The seats of an event that the user bought. */
export async function listSeatsOfOwner({ houses }: Sales, eventId: string, ownerId: string): Promise<Seat[]> {
  const house = await houses.current(eventId);
  const numbers = [...(house?.numbersOfUser(ownerId) ?? [])].sort((one, other) => one - other);
  return numbers.flatMap((number) => {
    const seat = house?.get(number);
    return seat?.state === 'sold' ? [seat] : [];
  });
}

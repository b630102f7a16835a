import type { Deps } from '@ticketbuddy/runtime';
import type { Seat } from './seat.ts';
import { seatsOfEvent, seatsOfOwner } from './store.ts';
import type { DB } from './tables.gen.ts';

/** The seats of an event; none when it is unknown, or announced a moment ago. */
export async function listSeats({ db }: Deps<DB>, eventId: string): Promise<Seat[]> {
  return seatsOfEvent(db, eventId);
}

/** The seats of an event that the user bought. */
export async function listSeatsOfOwner({ db }: Deps<DB>, eventId: string, ownerId: string): Promise<Seat[]> {
  return seatsOfOwner(db, eventId, ownerId);
}

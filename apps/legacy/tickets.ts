import { refusal } from '@ticketbuddy/errors';
import type { SeatsBody } from './bodies.ts';
import type { Deps } from './deps.ts';
import { hold, isHeld, refuseHeldByOthers } from './holds.ts';
import { saveTickets, type Ticket, ticketsOfEvent } from './store.ts';

export type ListedTicket = Ticket & { readonly isReserved: boolean };

/** Asks Redis once for each seat. */
export async function listTickets({ pool, redis }: Deps, eventId: string): Promise<ListedTicket[]> {
  const listed: ListedTicket[] = [];
  for (const ticket of await ticketsOfEvent(pool, eventId)) {
    listed.push({ ...ticket, isReserved: await isHeld(redis, eventId, ticket.id) });
  }
  return listed;
}

/** Holds one seat after the other. The first that another user holds ends it, and those before it stay held. */
export async function reserve({ redis }: Deps, eventId: string, { userId, ticketIds }: SeatsBody): Promise<void> {
  for (const ticketId of ticketIds) {
    await refuseHeldByOthers(redis, eventId, ticketId, userId);
    await hold(redis, eventId, ticketId, userId);
  }
}

/** Sells seats that are free when they are loaded. Nothing keeps anybody else from buying them until they are stored. */
export async function purchase(deps: Deps, eventId: string, { userId, ticketIds }: SeatsBody): Promise<void> {
  for (const ticketId of ticketIds) await refuseHeldByOthers(deps.redis, eventId, ticketId, userId);
  const tickets = await ticketsOfEvent(deps.pool, eventId);
  const wanted = tickets.filter(({ id }) => ticketIds.includes(id));
  if (wanted.length !== ticketIds.length) throw refusal('seats_unknown');
  if (wanted.some((ticket) => ticket.userId !== null)) throw refusal('seats_sold');
  await saveTickets(
    deps.pool,
    wanted.map((ticket) => ({ ...ticket, userId, purchasedAt: Temporal.Now.instant().toString() })),
  );
}

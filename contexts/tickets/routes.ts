import { Failure, TicketList, TicketSelection } from '@ticketbuddy/contracts';
import { noContent, ok, route } from '@ticketbuddy/http';
import { isTransient } from '@ticketbuddy/postgres';
import { type Deps, groupCommit } from '@ticketbuddy/runtime';
import type { Outcome } from './decide-together.ts';
import { listSeats, listSeatsOfOwner } from './list-seats.ts';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import type { Selection } from './seat.ts';
import type { DB } from './tables.gen.ts';
import { readSelection, seatsJson } from './wire.ts';

export function routes(deps: Deps<DB>) {
  const reserve = groupCommit((selections: readonly Selection[]) => reserveSeats(deps, selections), isTransient);
  const purchase = groupCommit((selections: readonly Selection[]) => purchaseSeats(deps, selections), isTransient);
  return [
    route({
      method: 'GET',
      path: '/events/:eventId/tickets',
      summary: 'The seats of an event, in no order to rely on',
      tag: 'tickets',
      answers: { 200: TicketList },
      handle: async ({ ids }) => ok(seatsJson(await listSeats(deps, ids.eventId ?? ''), deps.clock.now())),
    }),
    route({
      method: 'GET',
      path: '/events/:eventId/tickets/user/:userId',
      summary: 'The seats of an event that a user bought',
      tag: 'tickets',
      answers: { 200: TicketList },
      handle: async ({ ids }) => {
        const seats = await listSeatsOfOwner(deps, ids.eventId ?? '', ids.userId ?? '');
        return ok(seatsJson(seats, deps.clock.now()));
      },
    }),
    route({
      method: 'POST',
      path: '/events/:eventId/tickets/reserve',
      summary: 'Hold seats for a user for 15 minutes: all of them or none',
      tag: 'tickets',
      request: TicketSelection,
      read: readSelection,
      answers: { 204: undefined, 400: Failure },
      handle: async ({ ids, body }) => answer(await reserve({ eventId: ids.eventId ?? '', ...body })),
    }),
    route({
      method: 'POST',
      path: '/events/:eventId/tickets/purchase',
      summary: 'Buy seats for a user: all of them or none',
      tag: 'tickets',
      request: TicketSelection,
      read: readSelection,
      answers: { 204: undefined, 400: Failure },
      handle: async ({ ids, body }) => answer(await purchase({ eventId: ids.eventId ?? '', ...body })),
    }),
  ];
}

function answer(outcome: Outcome) {
  if ('refused' in outcome) throw outcome.refused;
  return noContent;
}

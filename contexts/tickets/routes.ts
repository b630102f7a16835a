import { Failure, Problem, TicketList, TicketSelection } from '@ticketbuddy/contracts';
import { type Incoming, noContent, ok, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { currentTraceparent } from '@ticketbuddy/telemetry';
import { Tickets } from './get-order.ts';
import { withAttempt } from './idempotency.ts';
import { listSeats, listSeatsOfOwner } from './list-seats.ts';
import { purchase } from './purchase-seats.ts';
import { reservation } from './reserve-seats.ts';
import { holdRoutes } from './routes-holds.ts';
import { houseRoutes } from './routes-house.ts';
import { orderRoutes } from './routes-orders.ts';
import { openSales, type Sales } from './sales.ts';
import type { Outcome, Selection } from './seat.ts';
import { limitsOf, salesOptionsOf } from './settings.ts';
import type { DB } from './tables.gen.ts';
import { readSelection, seatsJson } from './wire.ts';

export function routes(deps: Deps<DB>) {
  const tickets = new Tickets(deps);
  const sales = openSales({ ...deps, tickets }, salesOptionsOf(deps));
  return [
    ...routesV1(deps, sales),
    ...holdRoutes(deps, sales, limitsOf(deps)),
    ...orderRoutes(deps, sales, { limits: limitsOf(deps), tickets }),
    ...houseRoutes(deps, sales),
  ];
}

function routesV1(deps: Deps<DB>, sales: Sales) {
  return [
    route({
      method: 'GET',
      path: '/events/:eventId/tickets',
      summary: 'The seats of an event, in no order to rely on',
      tag: 'tickets',
      useCase: 'list seats',
      answers: { 200: TicketList },
      handle: async ({ ids }) => ok(seatsJson(await listSeats(sales, ids.eventId ?? ''), deps.clock.now())),
    }),
    route({
      method: 'GET',
      path: '/events/:eventId/tickets/user/:userId',
      summary: 'The seats of an event that a user bought',
      tag: 'tickets',
      useCase: 'list seats of owner',
      answers: { 200: TicketList },
      handle: async ({ ids }) => {
        const seats = await listSeatsOfOwner(sales, ids.eventId ?? '', ids.userId ?? '');
        return ok(seatsJson(seats, deps.clock.now()));
      },
    }),
    route({
      method: 'POST',
      path: '/events/:eventId/tickets/reserve',
      summary: 'Hold seats for a user for 15 minutes: all of them or none',
      tag: 'tickets',
      useCase: 'reserve seats',
      request: TicketSelection,
      read: readSelection,
      repeatable: true,
      answers: { 204: undefined, 400: Failure, 422: Problem },
      handle: async (incoming) => answer(await sales.decide(reservation(selectionOf('reserve', incoming)))),
    }),
    route({
      method: 'POST',
      path: '/events/:eventId/tickets/purchase',
      summary: 'Buy seats for a user: all of them or none',
      tag: 'tickets',
      useCase: 'purchase seats',
      traced: 'always',
      request: TicketSelection,
      read: readSelection,
      repeatable: true,
      answers: { 204: undefined, 400: Failure, 422: Problem },
      handle: async (incoming) => answer(await sales.decide(purchase(selectionOf('purchase', incoming)))),
    }),
  ];
}

type Wanted = Incoming<Pick<Selection, 'userId' | 'seatIds'>>;

function selectionOf(useCase: 'reserve' | 'purchase', { ids, body, idempotencyKey }: Wanted): Selection {
  const selection = { eventId: ids.eventId ?? '', ...body, traceparent: currentTraceparent() };
  return withAttempt(selection, useCase, idempotencyKey);
}

function answer(outcome: Outcome) {
  if ('refused' in outcome) throw outcome.refused;
  return noContent;
}

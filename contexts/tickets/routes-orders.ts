import { BuySeats, Conflict, Order, Problem, TicketKeys } from '@ticketbuddy/contracts';
import { created, jsonBody, ok, type Route, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { askedBy, granted } from './asked.ts';
import { sale } from './buy-seats.ts';
import { type FoundOrder, getOrder, type Tickets } from './get-order.ts';
import type { HoldLimits } from './hold-seats.ts';
import type { Decided } from './request.ts';
import type { Sales } from './sales.ts';
import type { DB } from './tables.gen.ts';
import { publishedKeys } from './ticket-keys.ts';
import { orderJson, wantedOf } from './wire-v2.ts';

const tag = 'selling';
const readBuySeats = jsonBody(BuySeats);

export type Selling = { readonly limits: HoldLimits; readonly tickets: Tickets };

/** Purchases of v2, the orders that they end in, and what the tickets are verified with. */
export function orderRoutes(deps: Deps<DB>, sales: Sales, { limits, tickets }: Selling): Route[] {
  const textOf = async ({ order, seats, codes }: FoundOrder) =>
    orderJson(order, seats, codes ?? (await tickets.codesOf(order)), deps.clock.now());
  return [
    route({
      method: 'POST',
      path: '/v2/events/:eventId/purchases',
      summary: 'Buy what is held, or seats that are free: all of them or none',
      tag,
      useCase: 'buy seats',
      traced: 'always',
      request: BuySeats,
      read: readBuySeats,
      repeatable: true,
      answers: { 201: Order, 400: Problem, 404: Conflict, 409: Conflict, 422: Conflict },
      handle: async (incoming) => {
        const basket = { ...askedBy(incoming, 'buy'), wanted: wantedOf(incoming.body) };
        const found = await foundOrder(deps, await sales.decide(sale(basket, limits)));
        return created(`/v2/orders/${found.order.id}`, await textOf(found));
      },
    }),
    route({
      method: 'GET',
      path: '/v2/orders/:orderId',
      summary: 'An order and its tickets',
      tag,
      useCase: 'get order',
      answers: { 200: Order, 404: Conflict },
      handle: async ({ ids }) => ok(await textOf(await getOrder(deps, ids.orderId ?? ''))),
    }),
    route({
      method: 'GET',
      path: '/.well-known/ticket-keys',
      summary: 'The keys by which a ticket can be verified without asking (JSON Web Key Set)',
      tag,
      useCase: 'list ticket keys',
      answers: { 200: TicketKeys },
      handle: async () => ok(JSON.stringify(await publishedKeys(deps))),
    }),
  ];
}

async function foundOrder(deps: Deps<DB>, decided: Decided): Promise<FoundOrder> {
  const bought = granted(decided);
  if ('told' in bought) return getOrder(deps, bought.told.orderId ?? '');
  if (!bought.order) throw new TypeError('what was granted is no order');
  return { order: bought.order, seats: bought.seats, codes: bought.codes };
}

import { BuySeats, Conflict, Hold, HoldSeats, Order, Problem, TicketKeys } from '@ticketbuddy/contracts';
import { created, type Incoming, jsonBody, noContent, ok, type Route, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { currentTraceparent } from '@ticketbuddy/telemetry';
import type { Static } from 'typebox';
import { sale } from './buy-seats.ts';
import { extension } from './extend-hold.ts';
import { getHold } from './get-hold.ts';
import { getOrder, type Tickets } from './get-order.ts';
import { type HoldLimits, holding } from './hold-seats.ts';
import { attemptOf } from './idempotency.ts';
import { release } from './release-hold.ts';
import type { Change, Decided, Told } from './request.ts';
import type { Sales } from './sales.ts';
import type { DB } from './tables.gen.ts';
import { publishedKeys } from './ticket-keys.ts';
import { holdJson, holdOf, orderJson, wantedOf } from './wire-v2.ts';

export type V2 = {
  readonly deps: Deps<DB>;
  readonly sales: Sales;
  readonly limits: HoldLimits;
  readonly tickets: Tickets;
};

const tag = 'selling';
const readHoldSeats = jsonBody(HoldSeats);
const readBuySeats = jsonBody(BuySeats);
const holds = '/v2/events/:eventId/holds';

export function routesV2({ deps, sales, limits, tickets }: V2): Route[] {
  return [
    route({
      method: 'POST',
      path: holds,
      summary: 'Hold seats for 15 minutes: all of them or none',
      tag,
      useCase: 'hold seats',
      request: HoldSeats,
      read: readHoldSeats,
      repeatable: true,
      answers: { 201: Hold, 400: Problem, 404: Conflict, 409: Conflict, 422: Problem },
      handle: async (incoming) => {
        const wanted = { ...askedBy(incoming, 'hold'), seats: incoming.body.seats };
        return holdCreated(wanted.eventId, await sales.decide(holding(wanted, limits)));
      },
    }),
    route({
      method: 'GET',
      path: `${holds}/:holdId`,
      summary: 'A hold that has not ended',
      tag,
      useCase: 'get hold',
      answers: { 200: Hold, 404: Conflict },
      handle: async ({ ids: { eventId = '', holdId = '' } }) => {
        const now = deps.clock.now();
        return ok(holdJson(eventId, await getHold(sales, eventId, holdId, now), now));
      },
    }),
    route({
      method: 'POST',
      path: `${holds}/:holdId/extend`,
      summary: 'Let a hold end 15 minutes from now: once',
      tag,
      useCase: 'extend hold',
      answers: { 200: Hold, 409: Conflict },
      handle: async ({ ids: { eventId = '', holdId = '' } }) => {
        const extended = granted(await sales.decide(extension({ ...traced(), eventId, holdId }, limits)));
        return ok(holdJson(eventId, holdOf(extended), deps.clock.now()));
      },
    }),
    ...releasing(sales),
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
      answers: { 201: Order, 400: Problem, 404: Conflict, 409: Conflict, 422: Problem },
      handle: async (incoming) => {
        const wanted = wantedOf(incoming.body);
        const bought = granted(await sales.decide(sale({ ...askedBy(incoming, 'buy'), wanted })));
        if ('told' in bought) return orderCreated(await getOrder(deps, bought.told.orderId ?? ''));
        if (!bought.order) throw new TypeError('what was granted is no order');
        return orderCreated({ order: bought.order, seats: bought.seats });
      },
    }),
    route({
      method: 'GET',
      path: '/v2/orders/:orderId',
      summary: 'An order and its tickets',
      tag,
      useCase: 'get order',
      answers: { 200: Order, 404: Conflict },
      handle: async ({ ids }) => ok(await orderText(await getOrder(deps, ids.orderId ?? ''))),
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

  function holdCreated(eventId: string, decided: Decided) {
    const hold = holdOf(granted(decided));
    return created(`/v2/events/${eventId}/holds/${hold.holdId}`, holdJson(eventId, hold, deps.clock.now()));
  }

  async function orderCreated(found: Awaited<ReturnType<typeof getOrder>>) {
    return created(`/v2/orders/${found.order.id}`, await orderText(found));
  }

  async function orderText({ order, seats }: Awaited<ReturnType<typeof getOrder>>): Promise<string> {
    return orderJson(order, seats, await tickets.codesOf(order), deps.clock.now());
  }
}

// Two ways to say it: a page that is being left can only post.
function releasing(sales: Sales): Route[] {
  const about = { summary: 'Give the seats of a hold back', tag, useCase: 'release hold', answers: { 204: undefined } };
  const handle: Route['handle'] = async ({ ids: { eventId = '', holdId = '' } }) => {
    granted(await sales.decide(release({ ...traced(), eventId, holdId })));
    return noContent;
  };
  return [
    route({ ...about, method: 'DELETE', path: `${holds}/:holdId`, handle }),
    route({ ...about, method: 'POST', path: `${holds}/:holdId/release`, handle }),
  ];
}

function askedBy({ ids, body, idempotencyKey: key }: Incoming<{ userId: string } & Asked>, useCase: string) {
  const [eventId, userId] = [ids.eventId ?? '', body.userId.toLowerCase()];
  const attempt = key === undefined ? undefined : attemptOf(`${useCase} v2`, userId, key, [eventId, body]);
  return { ...traced(), eventId, userId, attempt };
}

type Asked = Partial<Static<typeof HoldSeats> & Static<typeof BuySeats>>;

function traced() {
  return { traceparent: currentTraceparent() };
}

function granted(decided: Decided): Change | { readonly told: Told } {
  if ('refused' in decided) throw decided.refused;
  return decided;
}

import { Conflict, Hold, HoldBest, HoldSeats, Problem, SeatPolicy } from '@ticketbuddy/contracts';
import { created, jsonBody, noContent, ok, type Route, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { askedBy, askedOfHold, askedOfHoldOnce, granted } from './asked.ts';
import { extension, isExtendable } from './extend-hold.ts';
import { getHold } from './get-hold.ts';
import { holdingBest } from './hold-best.ts';
import { type HoldLimits, holding } from './hold-seats.ts';
import { eventUnknown } from './refusals.ts';
import { release } from './release-hold.ts';
import type { Decided } from './request.ts';
import type { Sales } from './sales.ts';
import { setSeatPolicy } from './store-sales.ts';
import type { DB } from './tables.gen.ts';
import { type HoldFacts, holdJson, holdOf } from './wire-v2.ts';

const tag = 'selling';
const holds = '/v2/events/:eventId/holds';
const hold = `${holds}/:holdId`;
const readHoldSeats = jsonBody(HoldSeats);
const readHoldBest = jsonBody(HoldBest);
const readSeatPolicy = jsonBody(SeatPolicy);
const answersToHolding = { 201: Hold, 400: Problem, 404: Conflict, 409: Conflict, 422: Conflict };

/** Holds of v2: how seats are kept for a buyer until they are bought. */
export function holdRoutes(deps: Deps<DB>, sales: Sales, limits: HoldLimits): Route[] {
  const toldCreated = (eventId: string, decided: Decided) => {
    const made = holdOf(granted(decided));
    return created(`/v2/events/${eventId}/holds/${made.holdId}`, told(eventId, made, limits, deps.clock.now()));
  };
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
      answers: answersToHolding,
      handle: async (incoming) => {
        const wanted = { ...askedBy(incoming, 'hold'), seats: incoming.body.seats };
        return toldCreated(wanted.eventId, await sales.decide(holding(wanted, limits)));
      },
    }),
    route({
      method: 'POST',
      path: '/v2/events/:eventId/best-available',
      summary: 'Hold the best seats that are free',
      tag,
      useCase: 'hold best seats',
      request: HoldBest,
      read: readHoldBest,
      repeatable: true,
      answers: answersToHolding,
      handle: async (incoming) => {
        const { count, category, adjacent = true, accessible = false } = incoming.body;
        const wanted = { ...askedBy(incoming, 'best'), wish: { count, category, adjacent, accessible } };
        return toldCreated(wanted.eventId, await sales.decide(holdingBest(wanted, limits)));
      },
    }),
    ...routesOfHold(deps, sales, limits),
    ...releasing(sales),
    seatPolicyRoute(deps),
  ];
}

function routesOfHold({ clock }: Deps<DB>, sales: Sales, limits: HoldLimits): Route[] {
  return [
    route({
      method: 'GET',
      path: hold,
      summary: 'A hold that has not ended',
      tag,
      useCase: 'get hold',
      answers: { 200: Hold, 404: Conflict },
      handle: async (incoming) => {
        const { eventId, holdId } = askedOfHold(incoming);
        const now = clock.now();
        return ok(told(eventId, await getHold(sales, eventId, holdId, now), limits, now));
      },
    }),
    route({
      method: 'POST',
      path: `${hold}/extend`,
      summary: 'Let a hold end 15 minutes from now: once',
      tag,
      useCase: 'extend hold',
      repeatable: true,
      answers: { 200: Hold, 400: Problem, 409: Conflict, 422: Problem },
      handle: async (incoming) => {
        const named = askedOfHoldOnce(incoming, 'extend');
        const extended = granted(await sales.decide(extension(named, limits)));
        return ok(told(named.eventId, holdOf(extended), limits, clock.now()));
      },
    }),
  ];
}

function told(eventId: string, hold: HoldFacts, limits: HoldLimits, now: Temporal.Instant): string {
  return holdJson(eventId, hold, isExtendable(hold, now, limits), now);
}

// Two ways to say it: a page that is being left can only post.
function releasing(sales: Sales): Route[] {
  const about = { summary: 'Give the seats of a hold back', tag, useCase: 'release hold', answers: { 204: undefined } };
  const handle: Route['handle'] = async (incoming) => {
    granted(await sales.decide(release(askedOfHold(incoming))));
    return noContent;
  };
  return [
    route({ ...about, method: 'DELETE', path: hold, handle }),
    route({ ...about, method: 'POST', path: `${hold}/release`, handle }),
  ];
}

function seatPolicyRoute({ db }: Deps<DB>): Route {
  return route({
    method: 'PUT',
    path: '/v2/events/:eventId/seat-policy',
    summary: 'How the best seats of an event are chosen',
    tag,
    useCase: 'set seat policy',
    request: SeatPolicy,
    read: readSeatPolicy,
    answers: { 204: undefined, 400: Problem, 404: Conflict },
    handle: async ({ ids: { eventId = '' }, body: { leaveNoSingle } }) => {
      if (!(await setSeatPolicy(db.query, eventId, leaveNoSingle))) throw eventUnknown();
      return noContent;
    },
  });
}

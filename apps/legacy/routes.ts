import { absent } from '@ticketbuddy/errors';
import { type Answer, created, noContent, ok } from './answers.ts';
import { readAnnouncement, readChange, readRegistration, readSeats, readUser } from './bodies.ts';
import type { Deps } from './deps.ts';
import { announceEvent, changeEvent } from './events.ts';
import { allUsers, findEvent, findUser, ticketsOfBuyer, upcomingEvents } from './store.ts';
import { listTickets, purchase, reserve } from './tickets.ts';
import { changeUser, registerUser } from './users.ts';
import { eventJson, listJson, ticketJson, userJson } from './wire.ts';

export type Call = {
  /** Those of the path, in its order: lower case, hyphenated. */
  readonly ids: readonly string[];
  /** The body's bytes. Throws unless it is said to be JSON. */
  json(): Promise<Buffer>;
};

export type Handle = (call: Call) => Promise<Answer>;

/** A path, its ids as `:id`, and what each method does there. */
export type Route = { readonly path: string; readonly methods: Readonly<Record<string, Handle>> };

export function routesOf(deps: Deps): Route[] {
  return [
    {
      path: 'events',
      methods: {
        GET: async () => ok(listJson((await upcomingEvents(deps.pool, Temporal.Now.instant())).map(eventJson))),
        POST: async ({ json }) => created('events', await announceEvent(deps, readAnnouncement(await json()))),
      },
    },
    {
      path: 'events/:id',
      methods: {
        GET: async ({ ids: [id = ''] }) => ok(eventJson(known(await findEvent(deps.pool, id), 'event'))),
        PUT: ({ ids: [id = ''], json }) => done(async () => changeEvent(deps, id, readChange(await json()))),
      },
    },
    {
      path: 'events/:id/tickets',
      methods: {
        GET: async ({ ids: [id = ''] }) => {
          const tickets = await listTickets(deps, id);
          return ok(listJson(tickets.map((ticket) => ticketJson(ticket, ticket.isReserved))));
        },
      },
    },
    {
      path: 'events/:id/tickets/reserve',
      methods: { POST: ({ ids: [id = ''], json }) => done(async () => reserve(deps, id, readSeats(await json()))) },
    },
    {
      path: 'events/:id/tickets/purchase',
      methods: { POST: ({ ids: [id = ''], json }) => done(async () => purchase(deps, id, readSeats(await json()))) },
    },
    {
      path: 'events/:id/tickets/user/:id',
      methods: {
        GET: async ({ ids: [id = '', userId = ''] }) => {
          const tickets = await ticketsOfBuyer(deps.pool, id, userId);
          return ok(listJson(tickets.map((ticket) => ticketJson(ticket, false))));
        },
      },
    },
    {
      path: 'users',
      methods: {
        GET: async () => ok(listJson((await allUsers(deps.pool)).map(userJson))),
        POST: async ({ json }) => created('users', await registerUser(deps, readRegistration(await json()))),
      },
    },
    {
      path: 'users/:id',
      methods: {
        GET: async ({ ids: [id = ''] }) => ok(userJson(known(await findUser(deps.pool, id), 'user'))),
        PUT: ({ ids: [id = ''], json }) => done(async () => changeUser(deps, id, readUser(await json()))),
      },
    },
  ];
}

async function done(work: () => Promise<void>): Promise<Answer> {
  await work();
  return noContent;
}

function known<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw absent(`The ${what}`);
  return found;
}

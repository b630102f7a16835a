import { AnnounceEvent, ChangeEvent, Event, EventId, EventList, Failure, Problem } from '@ticketbuddy/contracts';
import { created, jsonList, noContent, ok, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { announceEvent } from './announce-event.ts';
import { changeEvent } from './change-event.ts';
import type { KnownEvent } from './event.ts';
import { eventLookup } from './get-event.ts';
import { listEvents } from './list-events.ts';
import type { DB } from './tables.gen.ts';
import { eventJson, readAnnouncement, readDetails } from './wire.ts';

export function routes(deps: Deps<DB>) {
  const getEvent = eventLookup(deps);
  return [
    route({
      method: 'GET',
      path: '/events',
      summary: 'The events that have not started, by start',
      tag: 'events',
      useCase: 'list events',
      answers: { 200: EventList },
      handle: async () => ok(jsonList(inPages(await listEvents(deps)), eventJson)),
    }),
    route({
      method: 'POST',
      path: '/events',
      summary: 'Announce an event; its seats appear a moment later',
      tag: 'events',
      useCase: 'announce event',
      request: AnnounceEvent,
      read: readAnnouncement,
      answers: { 201: EventId, 400: Failure },
      handle: async ({ body }) => {
        const id = await announceEvent(deps, body);
        return created(`/events/${id}`, `"${id}"`);
      },
    }),
    route({
      method: 'GET',
      path: '/events/:id',
      summary: 'One event, also a past one',
      tag: 'events',
      useCase: 'get event',
      answers: { 200: Event, 404: Problem },
      handle: async ({ ids }) => ok(eventJson(await getEvent(ids.id ?? ''))),
    }),
    route({
      method: 'PUT',
      path: '/events/:id',
      summary: 'Change the name, the dates and the price of an event',
      tag: 'events',
      useCase: 'change event',
      request: ChangeEvent,
      read: readDetails,
      answers: { 204: undefined, 400: Failure },
      handle: async ({ ids, body }) => {
        await changeEvent(deps, ids.id ?? '', body);
        return noContent;
      },
    }),
  ];
}

const written = 500;

/** So many are written at a time, as the client takes them. */
function inPages(events: readonly KnownEvent[]): () => Promise<readonly KnownEvent[]> {
  let from = 0;
  return async () => {
    from += written;
    return events.slice(from - written, from);
  };
}

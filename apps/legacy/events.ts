import { randomUUID } from 'node:crypto';
import { refusal } from '@ticketbuddy/errors';
import type { EventBody } from './bodies.ts';
import type { Deps } from './deps.ts';
import { eventUpserted } from './messages.ts';
import { judgeDates, judgeNewDates, overlap } from './rules.ts';
import { type Event, findEvent, insertEvent, upcomingEvents, updateEvent } from './store.ts';

/** Whatever venue the client names, an event is announced for this one: FirstDirectArenaLeeds. */
const onlyVenue = 5;

/** Stores a new event, tells of it and answers its id. Between the check of the venue and the row, anybody may take it. */
export async function announceEvent(deps: Deps, said: EventBody): Promise<string> {
  const event = eventOf(randomUUID(), onlyVenue, said);
  const now = Temporal.Now.instant();
  judgeDates(event, now);
  await judgeVenue(deps, event, now);
  await insertEvent(deps.pool, event);
  await deps.bus.publish(eventUpserted(event, said));
  return event.id;
}

/** Changes everything but the venue. */
export async function changeEvent(deps: Deps, id: string, said: EventBody): Promise<void> {
  const known = await findEvent(deps.pool, id);
  if (!known) throw refusal('event_unknown', id);
  const event = eventOf(id, known.venue, said);
  const now = Temporal.Now.instant();
  judgeNewDates(event, now);
  await judgeVenue(deps, event, now);
  await updateEvent(deps.pool, event);
  await deps.bus.publish(eventUpserted(event, said));
}

async function judgeVenue({ pool }: Deps, event: Event, now: Temporal.Instant): Promise<void> {
  if (event.name === undefined) throw new TypeError('An event without a name cannot be stored');
  const others = (await upcomingEvents(pool, now)).filter(({ id, venue }) => id !== event.id && venue === event.venue);
  if (others.some((other) => overlap(event, other))) throw refusal('venue_unavailable');
}

function eventOf(id: string, venue: number, { name, startsAt, endsAt, price }: EventBody): Event {
  return { id, name, startsAt: startsAt.instant, endsAt: endsAt.instant, venue, price };
}

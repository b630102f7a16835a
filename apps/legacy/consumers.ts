import { randomUUID } from 'node:crypto';
import { guid, readObject, text } from '@ticketbuddy/dotnet-json';
import { enumOf, nil, offsetTime, price } from './bodies.ts';
import type { Deps } from './deps.ts';
import { unset } from './dotnet-time.ts';
import { eventUpsertedType, seatsType, seatsUpserted, userUpsertedType } from './messages.ts';
import { handler, receiveFrom } from './receive.ts';
import { judgeEmail, judgeEventName, judgeFullName, judgeNewDates } from './rules.ts';
import {
  type Event,
  findCapacity,
  insertEventCopy,
  insertTickets,
  insertUserCopy,
  isEventCopied,
  isUserCopied,
  saveTickets,
  ticketsOfEvent,
  updateEventCopy,
  updateUserCopy,
} from './store.ts';

type UserCopy = { readonly id: string; readonly fullName: string; readonly email: string };
type Seats = { readonly id: string; readonly venue: number; readonly price: string };

/** Consumes the legacy's four queues. Two of them know no type of message: everything there is set aside. */
export function startConsumers(deps: Deps): void {
  const { bus } = deps;
  const eventCopies = handler({
    type: eventUpsertedType,
    consumer: 'Application.Tickets.IntegrationMessageConsumers.EventConsumer',
    read: readEvent,
    handle: (event, conversationId) => copyEvent(deps, event, conversationId),
  });
  const seats = handler({
    type: seatsType,
    consumer: 'Domain.Tickets.DomainMessageConsumers.EventConsumer',
    read: readSeats,
    handle: (message) => upsertSeats(deps, message),
  });
  const userCopies = handler({
    type: userUpsertedType,
    consumer: 'Application.Tickets.IntegrationMessageConsumers.UserConsumer',
    read: readUser,
    handle: (user) => copyUser(deps, user),
  });
  bus.consume('event', [eventUpsertedType, seatsType], receiveFrom(bus, 'event', [eventCopies, seats]));
  bus.consume('user', [userUpsertedType], receiveFrom(bus, 'user', [userCopies]));
  bus.consume('tickets-inbox-events', [eventUpsertedType], receiveFrom(bus, 'tickets-inbox-events', []));
  bus.consume('tickets-inbox-users', [userUpsertedType], receiveFrom(bus, 'tickets-inbox-users', []));
}

/** Keeps the tickets' own copy of an event. The first time its dates may be any, later they have to be ahead. */
async function copyEvent({ pool, bus }: Deps, event: Event & Seats, conversationId: string): Promise<void> {
  judgeEventName(event.name ?? '');
  if (await isEventCopied(pool, event.id)) {
    judgeNewDates(event, Temporal.Now.instant());
    await updateEventCopy(pool, event);
  } else await insertEventCopy(pool, event);
  await bus.publish(seatsUpserted(event.id, event.venue, event.price), { queue: 'event', conversationId });
}

/** Makes the seats of an event, or gives those that were unsold when they were loaded another price. */
async function upsertSeats({ pool }: Deps, { id, venue, price }: Seats): Promise<void> {
  const tickets = await ticketsOfEvent(pool, id);
  if (tickets.length === 0) return releaseSeats({ pool }, { id, venue, price });
  const unsold = tickets.filter(({ userId }) => userId === null);
  await saveTickets(
    pool,
    unsold.map((ticket) => ({ ...ticket, price })),
  );
}

async function releaseSeats({ pool }: Pick<Deps, 'pool'>, { id: eventId, venue, price }: Seats): Promise<void> {
  const capacity = await findCapacity(pool, venue);
  if (capacity === undefined) throw new Error('Sequence contains no elements.');
  const unsold = { eventId, price, userId: null, purchasedAt: null };
  const tickets = Array.from({ length: capacity }, (_, at) => ({ ...unsold, id: randomUUID(), seatNumber: at + 1 }));
  await insertTickets(pool, tickets);
}

async function copyUser({ pool }: Deps, user: UserCopy): Promise<void> {
  judgeFullName(user.fullName);
  judgeEmail(user.email);
  if (await isUserCopied(pool, user.id)) await updateUserCopy(pool, user);
  else await insertUserCopy(pool, user);
}

// Judged only when the message is handled: a name against the rules is no reason not to read it.
const anyText = text(() => undefined);
const venue = enumOf([]);

function readEvent(json: Buffer): Event & Seats {
  const members = { id: guid, eventName: anyText, startDate: offsetTime, endDate: offsetTime, venue, price };
  const { id = nil, eventName: name, startDate = unset, endDate = unset, ...others } = readObject(json, members);
  const { venue: number = 0, price: digits = '0' } = others;
  return { id, name, startsAt: startDate.instant, endsAt: endDate.instant, venue: number, price: digits };
}

function readSeats(json: Buffer): Seats {
  const { id = nil, venue: number = 0, price: digits = '0' } = readObject(json, { id: guid, venue, price });
  return { id, venue: number, price: digits };
}

function readUser(json: Buffer): UserCopy {
  const { id = nil, fullName = '', email = '' } = readObject(json, { id: guid, fullName: anyText, email: anyText });
  return { id, fullName, email };
}

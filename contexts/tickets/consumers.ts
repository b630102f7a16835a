import { eventUpsertedUrn, userUpsertedUrn } from '@ticketbuddy/contracts';
import { type Consumer, once } from '@ticketbuddy/messaging';
import type { Deps } from '@ticketbuddy/runtime';
import { applyEvent } from './apply-event.ts';
import { readBuyer, readEvent } from './read-messages.ts';
import { saveBuyer } from './store-buyers.ts';
import type { DB } from './tables.gen.ts';

export function consumers(deps: Deps<DB>): Consumer[] {
  return [
    { name: 'tickets.events', urns: [eventUpsertedUrn], handle: eventHandler(deps) },
    { name: 'tickets.users', urns: [userUpsertedUrn], handle: userHandler(deps) },
  ];
}

export function eventHandler({ db, clock }: Deps<DB>): Consumer['handle'] {
  return once(db, 'tickets', (tx, message) => applyEvent(tx, readEvent(message), clock.now()));
}

export function userHandler({ db }: Deps<DB>): Consumer['handle'] {
  return once(db, 'tickets', (tx, message) => saveBuyer(tx, readBuyer(message)));
}

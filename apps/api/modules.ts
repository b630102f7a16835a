import type { Known } from '@ticketbuddy/config';
import { eventsModule } from '@ticketbuddy/events';
import type { Module } from '@ticketbuddy/runtime';
import { ticketsModule } from '@ticketbuddy/tickets';
import { usersModule } from '@ticketbuddy/users';

/** In the order in which their demo data can be added. */
export const everyModule: readonly Module[] = [eventsModule, usersModule, ticketsModule];

/** What settings may name. */
export const known = {
  modules: everyModule.map(({ name }) => name),
  numbers: Object.assign({}, ...everyModule.map(({ numbers }) => numbers)) as Known['numbers'] & {},
  legacyQueues: everyModule.flatMap(({ legacyConsumers }) => Object.keys(legacyConsumers)),
};

import { eventsModule } from '@ticketbuddy/events';
import type { Module } from '@ticketbuddy/runtime';
import { ticketsModule } from '@ticketbuddy/tickets';
import { usersModule } from '@ticketbuddy/users';

/** In the order in which their demo data can be added. */
export const everyModule: readonly Module[] = [eventsModule, usersModule, ticketsModule];

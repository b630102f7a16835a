import type { Module } from '@ticketbuddy/runtime';
import { routes } from './routes.ts';
import { seedEvents } from './seed.ts';

export const eventsModule: Module = {
  name: 'events',
  migrations: { schema: 'events', folder: new URL('./migrations/', import.meta.url) },
  publishes: true,
  routes,
  consumers: () => [],
  seed: seedEvents,
};

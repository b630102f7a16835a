import type { Module } from '@ticketbuddy/runtime';
import { consumers } from './consumers.ts';
import { jobs } from './jobs.ts';
import { legacyConsumers } from './legacy-consumers.ts';
import { routes } from './routes.ts';
import { seedEvents } from './seed.ts';

export const eventsModule: Module = {
  name: 'events',
  migrations: { schema: 'events', folder: new URL('./migrations/', import.meta.url) },
  publishes: true,
  routes,
  consumers,
  legacyConsumers,
  jobs,
  seed: seedEvents,
};

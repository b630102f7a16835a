import type { Module } from '@ticketbuddy/runtime';
import { consumers } from './consumers.ts';
import { jobs } from './jobs.ts';
import { legacyConsumers } from './legacy-consumers.ts';
import { routes } from './routes.ts';
import { seedSales } from './seed.ts';
import { numbers } from './settings.ts';

export const ticketsModule: Module = {
  name: 'tickets',
  migrations: { schema: 'tickets', folder: new URL('./migrations/', import.meta.url) },
  publishes: true,
  numbers,
  routes,
  consumers,
  legacyConsumers,
  jobs,
  seed: seedSales,
};

import type { Module } from '@ticketbuddy/runtime';
import { jobs } from './jobs.ts';
import { legacyConsumers } from './legacy-consumers.ts';
import { routes } from './routes.ts';
import { seedUsers } from './seed.ts';

export const usersModule: Module = {
  name: 'users',
  migrations: { schema: 'users', folder: new URL('./migrations/', import.meta.url) },
  publishes: true,
  routes,
  consumers: () => [],
  legacyConsumers,
  jobs,
  seed: seedUsers,
};

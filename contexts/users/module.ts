import type { Module } from '@ticketbuddy/runtime';
import { routes } from './routes.ts';
import { seedUsers } from './seed.ts';

export const usersModule: Module = {
  name: 'users',
  migrations: { schema: 'users', folder: new URL('./migrations/', import.meta.url) },
  publishes: true,
  routes,
  consumers: () => [],
  seed: seedUsers,
};

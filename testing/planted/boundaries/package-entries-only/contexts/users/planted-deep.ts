import { createPool } from '@ticketbuddy/postgres/pool.ts';

export const planted = createPool;

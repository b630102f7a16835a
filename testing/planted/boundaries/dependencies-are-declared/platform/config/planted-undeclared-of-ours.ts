import { createPool } from '@ticketbuddy/postgres';

export const planted = createPool;

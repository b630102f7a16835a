import type { Redis } from 'ioredis';
import type pg from 'pg';
import type { Bus } from './bus.ts';

/** What the legacy stands on. */
export type Deps = { readonly pool: pg.Pool; readonly redis: Redis; readonly bus: Bus };

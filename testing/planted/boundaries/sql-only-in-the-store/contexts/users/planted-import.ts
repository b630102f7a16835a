import type { Kysely } from 'kysely';

export type Planted = Kysely<unknown>;

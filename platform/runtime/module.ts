import type { Route } from '@ticketbuddy/http';
import type { Job } from '@ticketbuddy/jobs';
import type { Consumer, LegacyConsumer } from '@ticketbuddy/messaging';
import type { Migrations } from '@ticketbuddy/postgres';
import type { Database } from '@ticketbuddy/postgres/database';
import type pg from 'pg';
import type { Clock } from './clock.ts';

/** What a use case is given. `T` are the tables of its context. */
export type Deps<T> = {
  readonly db: Database<T>;
  readonly clock: Clock;
  /** The module's `numbers`, as they are set; one that is missing is at its default. */
  readonly numbers?: Readonly<Record<string, number>>;
};

/** What a job is given: the pool too, since it prunes what is not only its context's, the outbox and the inbox. */
export type JobDeps<T> = Deps<T> & { readonly pool: pg.Pool };

/** A context as data: `main.ts` decides what of it runs where. */
export type Module = {
  readonly name: string;
  readonly migrations: Migrations;
  /** Whether it publishes: its schema then has an outbox. */
  readonly publishes: boolean;
  /** Settings of its own that are whole numbers, by their names. */
  readonly numbers?: Readonly<
    Record<string, { readonly default: number; readonly least: number; readonly most: number }>
  >;
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly routes: (deps: Deps<any>) => readonly Route[];
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly consumers: (deps: Deps<any>) => readonly Consumer[];
  /** By what the setting calls a queue: what it does with the messages of one that is not ours alone. */
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly legacyConsumers: Readonly<Record<string, (deps: Deps<any>) => LegacyConsumer>>;
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly jobs: (deps: JobDeps<any>) => readonly Job[];
  /** Adds the demo data that is missing. Answers how much it added. */
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly seed: (deps: Deps<any>) => Promise<number>;
};

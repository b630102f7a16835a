import type { Route } from '@ticketbuddy/http';
import type { Consumer } from '@ticketbuddy/messaging';
import type { Database, Migrations } from '@ticketbuddy/postgres';
import type { Clock } from './clock.ts';

/** What a use case is given. `T` are the tables of its context. */
export type Deps<T> = { readonly db: Database<T>; readonly clock: Clock };

/** A context as data: `main.ts` decides what of it runs where. */
export type Module = {
  readonly name: string;
  readonly migrations: Migrations;
  /** Whether it publishes: its schema then has an outbox. */
  readonly publishes: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly routes: (deps: Deps<any>) => readonly Route[];
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly consumers: (deps: Deps<any>) => readonly Consumer[];
  /** Adds the demo data that is missing. Answers how much it added. */
  // biome-ignore lint/suspicious/noExplicitAny: only the context itself knows its tables.
  readonly seed: (deps: Deps<any>) => Promise<number>;
};

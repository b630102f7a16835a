import type { SourceTable } from '@ticketbuddy/change-stream';
import type { Message } from '@ticketbuddy/messaging';
import type pg from 'pg';

type Querying = Pick<pg.ClientBase, 'query'>;

/** What a row tells, in a form that does not depend on how it is written. */
export type Said = { readonly key: string; readonly says: string };

/** What there is to be told of a row as it is now. */
export type Saying = Said & { readonly urn: string; readonly body: unknown };

/** What the owner of a unit tells of its rows, each time that one is changed. */
export type UnitMessages = {
  /** Whose rows, at the legacy; their key is one column. */
  readonly of: SourceTable;
  readonly urns: readonly string[];
  /** Of which row a message tells, and what; `undefined` when that cannot be read, or no row can have that key. */
  readonly read: (message: Message) => Said | undefined;
  /** Of the rows with these keys, as the new system has them. Left out: a row of which no message can tell. */
  readonly sayings: (next: Querying, keys: readonly string[]) => Promise<readonly Saying[]>;
  /** Lets the new system tell them if the client's transaction commits, each once by its id. */
  readonly tell: (tx: Querying, messages: readonly Message[]) => Promise<void>;
};

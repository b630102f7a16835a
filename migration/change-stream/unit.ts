import assert from 'node:assert/strict';
import pg from 'pg';

/** A table of the source, and the columns of its primary key. */
export type SourceTable = { readonly schema: string; readonly name: string; readonly key: readonly string[] };

/**
 * The tables that one stream follows. Its name (small letters, digits, underscores) names everything that is made for it
 * in the source, so it has to be unique in the whole server: slots belong to no database.
 */
export type Unit = {
  readonly name: string;
  readonly tables: readonly SourceTable[];
  /** Asks for triggers also where the source has a log that can be read. It counts when the unit is prepared for the first time. */
  readonly capture?: 'triggers';
  /**
   * How large the table may become that triggers write to, in bytes (2 GiB): they see to that themselves, for the day on which
   * nobody calls `guardSlot`.
   */
  readonly changesBytesMax?: number;
};

/** The name by which changes tell their table, fit for SQL: `"Ticket"."Tickets"`. */
export function quotedName({ schema, name }: Pick<SourceTable, 'schema' | 'name'>): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** What the unit's slot, its publication and its schema in the source are called. */
export function nameOf({ name }: Unit): string {
  assert.match(name, /^[a-z][a-z0-9_]{0,49}$/, 'a unit is named in small letters, digits and underscores');
  return `ticketbuddy_${name}`;
}

/** Its one row is written by `heartbeat` and travels through the stream. */
export function heartbeatTable(unit: Unit): string {
  return quotedName({ schema: nameOf(unit), name: 'heartbeats' });
}

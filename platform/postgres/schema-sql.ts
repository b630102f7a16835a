/**
 * SQL that makes the schema if it is not there. To the end of its transaction nobody else makes anything that begins with this: two
 * who make the same at the same time would fail, though they say `if not exists`.
 */
export function schemaSql(schema: string): string {
  return `
    select pg_advisory_xact_lock(hashtextextended('ticketbuddy:schema', 0));
    create schema if not exists ${schema}`;
}

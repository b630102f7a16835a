/**
 * SQL that makes the schema if it is not there. To the end of its transaction nobody else makes anything that begins with this: two
 * who make the same at the same time would fail, though they say `if not exists`. Who has waited for the other one hears what that
 * one made only when he opens a table that his transaction has not opened yet: else he, who knew of no such schema, makes it again (23505).
 */
export function schemaSql(schema: string): string {
  return `
    select pg_advisory_xact_lock(hashtextextended('ticketbuddy:schema', 0));
    select from pg_language limit 0;
    create schema if not exists ${schema}`;
}

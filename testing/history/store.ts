import type pg from 'pg';
import type { Shown } from './history.ts';

/** Whose tables: the legacy's `"Event"."Events"`, or the new system's `events.events`. */
export type Side = 'legacy' | 'next';

type Querying = Pick<pg.ClientBase, 'query'>;

/** Every event of a database, in one form for both, at one moment. */
export async function readRows(db: Querying, side: Side): Promise<Shown[]> {
  const { rows } =
    await db.query(`select id, name, ${timeOf('starts_at')} as "startsAt", ${timeOf('ends_at')} as "endsAt",
    venue, pence from (${events[side]}) as events order by id`);
  return rows;
}

const events: Readonly<Record<Side, string>> = {
  legacy: `select "Id"::text as id, "EventName" as name, "StartDate" as starts_at, "EndDate" as ends_at, "Venue" as venue,
    trunc("Price" * 100)::text as pence from "Event"."Events"`,
  next: 'select id::text, name, starts_at, ends_at, venue::int, price_pence::text as pence from events.events',
};

// `to_char` writes nothing for the infinite.
function timeOf(column: string): string {
  const form = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;
  return `case when isfinite(${column}) then to_char(${column} at time zone 'UTC', ${form}) else ${column}::text end`;
}

import type pg from 'pg';

/**
 * Events as a legacy has them after years: most keep the rules of the new system, one in twenty breaks one of them. They lie
 * in the past, or at other venues than the one whose calendar the legacy looks at.
 */
export async function addLegacyRows(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(
    `insert into "Event"."Events" ("Id", "EventName", "StartDate", "EndDate", "Venue", "Price")
     select md5('event ' || n)::uuid,
       case n when 7 then repeat('Long ', 20000) else 'Gala ' || n end,
       starts, case n % 100 when 11 then starts - interval '1 hour' when 31 then 'infinity' else starts + interval '2 hours 1 microsecond' end,
       case n % 100 when 51 then 4711 else n % 5 end,
       case n % 100 when 71 then null when 91 then -12.34 else (n % 9000) / 100.0 end
     from generate_series(1, $1::int) as n,
       lateral (select '2021-01-01 19:00Z'::timestamptz + (n - case when n % 100 = 13 then 5 else 0 end) * interval '3 hours') as at (starts)`,
    [count],
  );
}

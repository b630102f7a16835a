import type { Owner, Side } from '@ticketbuddy/cutover';
import type pg from 'pg';
import { schema } from './schema.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** What gateways do with the reads of one endpoint. */
export type ReadShare = {
  readonly unit: string;
  readonly endpoint: string;
  /** Of its reads, those that go to the side that does not own the unit; 0 to 100. */
  readonly percent: number;
  /** The owner for whom that was said; it ends with his epoch, so that no switch turns it around. */
  readonly owner: Side | null;
  /** Of its reads, those that are compared; 0 to 100. */
  readonly shadowPercent: number;
};

const table = `${schema}.read_shares`;

/** In the new database, which every gateway looks at. */
export async function createReadShares(next: Querying): Promise<void> {
  await next.query(`
    select pg_advisory_xact_lock(hashtext('${table}'));
    create table if not exists ${table} (
      unit text not null,
      endpoint text not null,
      percent float8 not null default 0 check (percent between 0 and 100),
      owner text,
      epoch bigint,
      shadow_percent float8 check (shadow_percent between 0 and 100),
      primary key (unit, endpoint)
    )`);
}

/** As they are in force. */
export async function readShares(next: Querying, units: readonly string[]): Promise<ReadShare[]> {
  const { rows } = await next.query<ReadShare>(
    `select unit, s.endpoint, case when s.epoch = f.epoch then s.percent else 0 end as percent, s.owner,
       coalesce(s.shadow_percent, 0) as "shadowPercent"
     from ${table} as s left join ${schema}.fences as f using (unit) where unit = any($1) order by unit, s.endpoint`,
    [units],
  );
  return rows;
}

/** Holds until the unit has another owner. Answers the present one; while there is none, nothing is done. */
export async function setReadShare(
  next: Querying,
  unit: string,
  endpoints: readonly string[],
  percent: number,
): Promise<Owner | undefined> {
  const { rows } = await next.query<{ owner: Owner }>(
    `insert into ${table} (unit, endpoint, percent, owner, epoch)
     select f.unit, e.endpoint, $3::float8, f.owner, f.epoch from ${schema}.fences as f, unnest($2::text[]) as e (endpoint)
     where f.unit = $1 and f.owner <> 'moving'
     on conflict (unit, endpoint) do update set percent = excluded.percent, owner = excluded.owner, epoch = excluded.epoch
     returning owner`,
    [unit, endpoints, percent],
  );
  return rows[0]?.owner;
}

export async function setShadowShare(
  next: Querying,
  unit: string,
  endpoints: readonly string[],
  percent: number,
): Promise<void> {
  await next.query(
    `insert into ${table} (unit, endpoint, shadow_percent) select $1::text, e.*, $3::float8 from unnest($2::text[]) as e
     on conflict (unit, endpoint) do update set shadow_percent = excluded.shadow_percent`,
    [unit, endpoints, percent],
  );
}

/** The same where nobody has said anything yet. */
export async function beginShadow(
  next: Querying,
  unit: string,
  endpoints: readonly string[],
  percent: number,
): Promise<void> {
  await next.query(
    `insert into ${table} as known (unit, endpoint, shadow_percent) select $1::text, e.*, $3::float8 from unnest($2::text[]) as e
     on conflict (unit, endpoint) do update set shadow_percent = excluded.shadow_percent where known.shadow_percent is null`,
    [unit, endpoints, percent],
  );
}

/** Whether gateways are told to compare reads; false also where no gateway ever looked. */
export async function isShadowOn(next: Querying, unit: string): Promise<boolean> {
  if (!(await isThere(next, table))) return false;
  const { rowCount } = await next.query(`select from ${table} where unit = $1 and shadow_percent > 0 limit 1`, [unit]);
  return rowCount === 1;
}

export async function isThere(query: Querying, name: string): Promise<boolean> {
  const { rows } = await query.query<{ there: boolean }>('select to_regclass($1) is not null as there', [name]);
  return rows[0]?.there === true;
}

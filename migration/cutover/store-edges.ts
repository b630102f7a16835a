import type pg from 'pg';
import { type Owner, ownerChannel } from './owner.ts';
import { fencesSql } from './store.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

export type UnitRow = {
  readonly unit: string;
  readonly owner: Owner;
  readonly epoch: number;
  readonly isHeld: boolean;
};

/** What an edge says of itself for one unit. */
export type EdgeReport = {
  readonly unit: string;
  readonly isHolding: boolean;
  readonly running: number;
  /** The one that it knows. */
  readonly epoch: number;
};

// Who has not been heard of for so long is cut off: what he sends is refused by the fences.
const cutOffAfter = `interval '2 seconds'`;

// Nothing is decided by a hold that whoever reads it later could not see for himself, and each mark of the move that comes
// after it is waited for: no hold is ever missing behind one, or left over.
const lazily = `lazy as materialized (select set_config('synchronous_commit', 'off', true))`;

export async function createEdgeTables(pool: Querying): Promise<void> {
  await pool.query(`${fencesSql};
    create table if not exists ticketbuddy_migration.holds (
      unit text primary key,
      since timestamptz not null
    );
    create table if not exists ticketbuddy_migration.edges (
      edge text not null,
      unit text not null,
      seen_at timestamptz not null,
      is_holding bool not null,
      running int not null,
      epoch bigint not null default 0,
      primary key (edge, unit)
    )`);
}

/** A unit that nobody has begun to move is the legacy's. */
export async function unitRows(query: Querying, units: readonly string[]): Promise<UnitRow[]> {
  const { rows } = await query.query(
    `select unit, coalesce(f.owner, 'legacy') as owner, coalesce(f.epoch, 0)::int as epoch, h.unit is not null as "isHeld"
     from unnest($1::text[]) as given (unit) left join ticketbuddy_migration.fences as f using (unit)
       left join ticketbuddy_migration.holds as h using (unit)`,
    [units],
  );
  return rows;
}

/** Not waited for to be on the disk: what a crash takes away is told again, and whoever reads it minds its age. */
export async function reportEdge(query: Querying, edge: string, reports: readonly EdgeReport[]): Promise<void> {
  await query.query(
    `with ${lazily}
     insert into ticketbuddy_migration.edges (edge, unit, seen_at, is_holding, running, epoch)
     select $1, unit, clock_timestamp(), is_holding, running, epoch
     from lazy, unnest($2::text[], $3::bool[], $4::int[], $5::bigint[]) as r (unit, is_holding, running, epoch)
     on conflict (edge, unit) do update set seen_at = excluded.seen_at, is_holding = excluded.is_holding,
       running = excluded.running, epoch = excluded.epoch`,
    [
      edge,
      reports.map(({ unit }) => unit),
      reports.map(({ isHolding }) => isHolding),
      reports.map(({ running }) => running),
      reports.map(({ epoch }) => epoch),
    ],
  );
}

export async function removeEdge(query: Querying, edge: string): Promise<void> {
  await query.query('delete from ticketbuddy_migration.edges where edge = $1', [edge]);
}

export async function insertHold(query: Querying, unit: string): Promise<void> {
  await query.query(
    `with ${lazily}, held as (
       insert into ticketbuddy_migration.holds (unit, since) select $1, clock_timestamp() from lazy on conflict do nothing)
     select pg_notify('${ownerChannel}', '')`,
    [unit],
  );
}

export async function deleteHold(query: Querying, unit: string): Promise<void> {
  await query.query(
    `with ${lazily}, released as (delete from ticketbuddy_migration.holds using lazy where unit = $1)
     select pg_notify('${ownerChannel}', '')`,
    [unit],
  );
}

export async function isHeld(query: Querying, unit: string): Promise<boolean> {
  const { rowCount } = await query.query('select from ticketbuddy_migration.holds where unit = $1', [unit]);
  return rowCount === 1;
}

/** The edges that are not cut off and still have writes under way, or do not know of the hold yet. */
export async function edgesWriting(query: Querying, unit: string): Promise<string[]> {
  const { rows } = await query.query(
    `select e.edge from ticketbuddy_migration.edges as e left join ticketbuddy_migration.holds as h using (unit)
     where e.unit = $1 and e.seen_at > clock_timestamp() - ${cutOffAfter}
       and not (h.unit is not null and e.is_holding and e.running = 0 and e.seen_at > h.since)
     order by e.edge`,
    [unit],
  );
  return rows.map(({ edge }) => edge);
}

/** The edges that are not cut off and do not know of the epoch yet. */
export async function edgesBehind(query: Querying, unit: string, epoch: number): Promise<string[]> {
  const { rows } = await query.query(
    `select edge from ticketbuddy_migration.edges
     where unit = $1 and seen_at > clock_timestamp() - ${cutOffAfter} and epoch < $2 order by edge`,
    [unit, epoch],
  );
  return rows.map(({ edge }) => edge);
}

export async function tellEdges(query: Querying): Promise<void> {
  await query.query(`with ${lazily} select pg_notify('${ownerChannel}', '') from lazy`);
}

import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { InvariantCheck } from './invariants.ts';
import type { Known, Round } from './round.ts';

/** What is known of one table of a unit; times are texts of the target's clock. */
export type State = {
  /** The round under way. */
  readonly round: Round | undefined;
  /** The last round that came to its end. */
  readonly whole: { readonly from: string; readonly to: string; readonly rows: number } | undefined;
  readonly known: Known;
  readonly hasMore: boolean;
  /** The invariants that did not hold at the end of that round. */
  readonly broken: readonly InvariantCheck[];
  /** When it was last so that all rows that the source is known to have changed had been verified. */
  readonly changesAt: string | undefined;
  readonly changedMark: string | undefined;
  readonly rogueMark: string | undefined;
};

export type ProofPlace = { readonly schema: string; readonly unit: string; readonly name: string };

export async function createProofs(target: pg.Pool, schema: string): Promise<void> {
  await target.query(`
    ${schemaSql(schema)};
    create table if not exists ${schema}.proofs (
      unit text, name text, whole_from timestamptz, whole_to timestamptz, whole_rows bigint, changes_at timestamptz,
      known json not null, has_more boolean not null, broken json not null,
      round json, changed_mark text, rogue_mark text, primary key (unit, name))`);
}

export async function readClock(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query('select clock_timestamp()::text as now');
  return rows[0].now;
}

const nothing: State = {
  round: undefined,
  whole: undefined,
  known: [],
  hasMore: false,
  broken: [],
  changesAt: undefined,
  changedMark: undefined,
  rogueMark: undefined,
};

export async function readState(client: pg.PoolClient, { schema, unit, name }: ProofPlace): Promise<State> {
  const { rows } = await client.query(
    `select round, whole_from::text as "from", whole_to::text as "to", whole_rows::float8 as rows, known, has_more,
       broken, changes_at::text as changes_at, changed_mark, rogue_mark
     from ${schema}.proofs where unit = $1 and name = $2`,
    [unit, name],
  );
  const [row] = rows;
  if (!row) return nothing;
  return {
    round: row.round ?? undefined,
    whole: row.from === null ? undefined : { from: row.from, to: row.to, rows: row.rows },
    known: row.known,
    hasMore: row.has_more,
    broken: row.broken,
    changesAt: row.changes_at ?? undefined,
    changedMark: row.changed_mark ?? undefined,
    rogueMark: row.rogue_mark ?? undefined,
  };
}

export async function saveState(
  client: pg.PoolClient,
  { schema, unit, name }: ProofPlace,
  { round, whole, known, hasMore, broken, changesAt, changedMark, rogueMark }: State,
): Promise<void> {
  await client.query(
    `insert into ${schema}.proofs (unit, name, whole_from, whole_to, whole_rows, changes_at, known, has_more, broken, round,
       changed_mark, rogue_mark)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (unit, name) do update set whole_from = excluded.whole_from, whole_to = excluded.whole_to,
       whole_rows = excluded.whole_rows, changes_at = excluded.changes_at, known = excluded.known,
       has_more = excluded.has_more, broken = excluded.broken, round = excluded.round,
       changed_mark = excluded.changed_mark, rogue_mark = excluded.rogue_mark`,
    [
      unit,
      name,
      whole?.from ?? null,
      whole?.to ?? null,
      whole?.rows ?? null,
      changesAt ?? null,
      JSON.stringify(known),
      hasMore,
      JSON.stringify(broken),
      round ? JSON.stringify(round) : null,
      changedMark ?? null,
      rogueMark ?? null,
    ],
  );
}

export type ProofRow = Pick<State, 'known' | 'hasMore' | 'broken'> & {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly rows: number;
  /** Since the round began, by the target's clock. */
  readonly ageMs: number | null;
  readonly changesAgeMs: number | null;
};

/** No rows when nothing was ever verified in this schema. */
export async function readProofs(pool: pg.Pool | pg.PoolClient, schema: string, unit: string): Promise<ProofRow[]> {
  const { rows: there } = await pool.query('select to_regclass($1) is not null as found', [`${schema}.proofs`]);
  if (!there[0].found) return [];
  const { rows } = await pool.query<ProofRow>(
    `select name, whole_from::text as "from", whole_to::text as "to", coalesce(whole_rows, 0)::float8 as rows, known,
       has_more as "hasMore", broken,
       (extract(epoch from clock_timestamp() - whole_from) * 1000)::float8 as "ageMs",
       (extract(epoch from clock_timestamp() - changes_at) * 1000)::float8 as "changesAgeMs"
     from ${schema}.proofs where unit = $1`,
    [unit],
  );
  return rows;
}

import type pg from 'pg';
import type { Position } from './position.ts';
import { nameOf, type Unit } from './unit.ts';

/** More transactions than this are given their positions by several statements. */
const givenMax = 100_000;

/** What was seen when positions were given last; `null` when it is not known. */
export type Seen = string | null;

type Given = {
  readonly given: number;
  readonly seen: Seen;
  /** A transaction that was seen has changes that were not written down. */
  readonly isCutOff: boolean;
};

/**
 * Gives a position to each transaction that is visible and has none, in one statement, and answers what it has seen. The
 * position is where the log ended when the last of its changes was written down, or the first free one after what was given
 * before. Of two transactions that have touched the same row, the later one has written after the commit of the other: so
 * they are in the order of their commits. And whoever sees a transaction, and then asks where the log ends, hears of a place
 * that lies behind its position.
 */
export async function givePositions(client: pg.ClientBase, unit: Unit, seen: Seen): Promise<Given> {
  const schema = nameOf(unit);
  const isNew = seen
    ? 'xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)'
    : `$1::pg_snapshot is null and not exists (select from ${schema}.commits where commits.xid = changes.xid)`;
  const { rows } = await client.query<Given & { seen: string }>(
    `with fresh as (
       select xid, rows, row_number() over (order by lsn, seq) as nth, lsn - '0/0' as at from (
         select xid, max(lsn) as lsn, max(seq) as seq, count(*) as rows from ${schema}.changes where ${isNew}
         group by xid order by 2, 3 limit ${givenMax}) as found),
     before as (
       select greatest((select max(position) from ${schema}.commits), (select confirmed from ${schema}.reading)) - '0/0' as last),
     given as (
       insert into ${schema}.commits (xid, rows, position)
       select xid, rows, '0/0'::pg_lsn + (nth + max(greatest(at - nth, last)) over (order by nth)) from fresh, before
       where last is not null
       returning xid)
     select pg_current_snapshot()::text as seen, (select count(*) from given)::int as given,
       exists (select from ${schema}.cut_off) as "isCutOff"`,
    [seen],
  );
  const [row] = rows as [(typeof rows)[0]];
  return { ...row, seen: row.given < givenMax ? row.seen : null };
}

export type WrittenChange = {
  readonly xid: string;
  readonly position: Position;
  readonly origin: string | null;
  /** As `shapeHash` has it. */
  readonly shape: string;
  readonly schema: string;
  readonly name: string;
  readonly operation: 'insert' | 'update' | 'delete' | 'truncate';
  readonly oldKey: readonly string[] | null;
  readonly values: readonly (string | null)[] | null;
};

/** A transaction that has more changes is read in pieces, since no statement may take half a minute. */
const wholeMax = 50_000;

/** The changes of the next transactions after `after`, whole, and of more than one only up to about `most` changes. */
export async function readChanges(
  client: pg.ClientBase,
  unit: Unit,
  after: Position,
  most: number,
): Promise<WrittenChange[]> {
  const schema = nameOf(unit);
  const { rows } = await client.query<WrittenChange>(
    `with next as (
       select xid, position from (
         select xid, position, rows, sum(rows) over (order by position) - rows as before
         from (select * from ${schema}.commits where position > $1::pg_lsn order by position limit $2) as following) as counted
       where before < $2 and rows <= ${wholeMax})
     ${changesOf(schema)}`,
    [after, most],
  );
  return rows.length > 0 ? rows : readLarge(client, schema, after);
}

/** The next transaction, if it was too large to be read at once. */
async function readLarge(client: pg.ClientBase, schema: string, after: Position): Promise<WrittenChange[]> {
  const next = `select xid, position from ${schema}.commits where position > $1::pg_lsn order by position limit 1`;
  const { rowCount } = await client.query(next, [after]);
  if (rowCount === 0) return [];
  const changes: WrittenChange[] = [];
  await client.query('begin');
  await client.query(`declare large no scroll cursor for with next as (${next}) ${changesOf(schema)}`, [after]);
  for (let piece = wholeMax; piece === wholeMax; ) {
    const { rows } = await client.query<WrittenChange>(`fetch ${wholeMax} from large`);
    for (const row of rows) changes.push(row);
    piece = rows.length;
  }
  await client.query('commit');
  return changes;
}

function changesOf(schema: string): string {
  return `select xid::text, position::text, origin, replace(shape::text, '-', '') as shape, schema_name as schema, table_name as name,
      operation, old_key as "oldKey", row_values as values
    from next join ${schema}.changes using (xid) order by next.position, seq`;
}

const forgottenMax = { transactions: 1_000, changes: 50_000 };

/**
 * Deletes what came up to there, or a part of it: so many transactions, and changes of them, at most. A transaction goes with the last
 * of its changes. Answers whether there may be more.
 */
export async function forgetChanges(client: pg.ClientBase, unit: Unit, upTo: Position): Promise<boolean> {
  const schema = nameOf(unit);
  const { rowCount } = await client.query(
    `with due as materialized (
       select xid, position from ${schema}.commits where position <= $1::pg_lsn order by position limit ${forgottenMax.transactions}),
     part as materialized (
       select changes.ctid from due join ${schema}.changes using (xid) limit ${forgottenMax.changes}),
     gone as (delete from ${schema}.changes where ctid = any (array(select ctid from part))),
     done as (
       delete from ${schema}.commits
       where xid in (select xid from due) and (select count(*) from part) < ${forgottenMax.changes})
     update ${schema}.reading set confirmed = greatest(confirmed, (select max(position) from due))
     where confirmed is not null and exists (select from due)`,
    [upTo],
  );
  return rowCount === 1;
}

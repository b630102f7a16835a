import {
  type Backfill,
  begin,
  copyPass,
  createPace,
  type Loaded,
  openWriter,
  type Reject,
  readCheckpoint,
  streamPass,
  type TableTarget,
} from '@ticketbuddy/backfill';
import {
  abandon,
  type Change,
  exactTextSettings,
  heartbeat,
  openChangeStream,
  quotedName,
  type Row,
  type SourceTable,
} from '@ticketbuddy/change-stream';
import { withTransaction } from '@ticketbuddy/postgres';
import { createTestDatabase, type TestDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import type { TableMapping, To } from './mapping.ts';
import { tableTarget } from './table-target.ts';

const schema = 'migration';

export type Two = { readonly mapping: TableMapping; readonly legacy: TestDatabase; readonly next: TestDatabase };

type Tables = { readonly legacy: string; readonly next: string };

/** Two systems, each with its table of a mapping, made by such SQL, while the test lasts. */
export async function two(mapping: TableMapping, sql: Tables): Promise<Two> {
  const opened = await openTwo(mapping, sql);
  onTestFinished(() => dropTwo(opened));
  return opened;
}

export async function dropTwo({ legacy, next }: Two): Promise<void> {
  await Promise.all([legacy.drop(), next.drop()]);
}

/** The same for several tests. */
export async function openTwo(mapping: TableMapping, sql: Tables): Promise<Two> {
  const [legacy, next] = [await createTestDatabase(4), await createTestDatabase(4)];
  await legacy.pool.query(sql.legacy);
  await next.pool.query(sql.next);
  return { mapping, legacy, next };
}

/** Applies changes of the other side to the side `to`, as a stream or a chunk would. */
export function apply({ mapping, ...sides }: Two, to: To, changes: readonly Change[]): Promise<readonly Reject[]> {
  return withTransaction(sides[to].pool, (tx) => tableTarget(mapping, to).apply(tx, changes));
}

export function inserts(table: SourceTable, rows: readonly Row[]): Change[] {
  return rows.map((row) => ({ table: quotedName(table), operation: 'insert', oldKey: null, row }));
}

export function deletion(table: SourceTable, oldKey: Readonly<Record<string, string>>): Change {
  return { table: quotedName(table), operation: 'delete', oldKey, row: null };
}

/** The rows of a table as the very texts that a stream or a chunk would bring, in the order of their texts. */
export function rowsOf({ pool }: TestDatabase, table: SourceTable): Promise<Row[]> {
  return withTransaction(pool, async (tx) => {
    const settings = Object.entries(exactTextSettings).map(([name, value]) => `set local ${name} = '${value}'`);
    await tx.query(settings.join('; '));
    const types = { getTypeParser: () => (text: string) => text };
    const { rows } = await tx.query<Row>({ text: `select * from ${quotedName(table)} as t order by t::text`, types });
    return rows;
  });
}

let moves = 0;

export type MoveOptions = {
  /** What stands before the mapping's own way to write. */
  readonly around?: (target: TableTarget) => TableTarget;
};

/** A copy from the legacy to the new system that has begun, and what its faster way has said of each chunk. */
export async function aMove({ mapping, legacy, next }: Two, { around = (target) => target }: MoveOptions = {}) {
  const unit = { name: `mapped_${process.pid}_${++moves}`, tables: [mapping.legacy] };
  onTestFinished(() => abandon(legacy.pool, unit));
  const place = { schema, unit: unit.name };
  const writer = await openWriter({ pool: next.pool, ...place });
  onTestFinished(() => writer.close());
  const loads: Loaded[] = [];
  const target = around(telling(tableTarget(mapping, 'next'), loads));
  const backfill: Backfill = { source: legacy.pool, writer, unit, tables: [target] };
  const from = await begin(backfill);
  const stream = await openChangeStream({ url: legacy.url, pool: legacy.pool, unit, from });
  onTestFinished(() => stream.close());
  return {
    loads,
    place,
    async copyAll(chunkRows = 20_000): Promise<void> {
      while ((await copyPass(backfill, createPace({ chunkRows }))).outcome !== 'complete');
    },
    /** Applies all that was committed at the source before it was called. */
    async follow(): Promise<void> {
      const beat = await heartbeat(legacy.pool, unit);
      for (let seen = 0; seen < beat; ) {
        await streamPass(backfill, stream, { waitMs: 10_000 });
        seen = (await readCheckpoint(next.pool, place))?.heartbeat?.beat ?? 0;
      }
    },
  };
}

function telling(target: TableTarget, loads: Loaded[]): TableTarget {
  const { load } = target;
  if (!load) return target;
  const told = async (...asked: Parameters<typeof load>) => {
    const loaded = await load(...asked);
    loads.push(loaded);
    return loaded;
  };
  return { ...target, load: told };
}

export async function rejectReasons({ next }: Two): Promise<string[]> {
  const { rows } = await next.pool.query(`select key, reason from ${schema}.rejects order by key`);
  return rows.map(({ key, reason }) => `${key} ${reason}`);
}

/** A server session that holds the unit's writer. */
export async function cutWriter(pool: pg.Pool): Promise<void> {
  await pool.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())`);
}

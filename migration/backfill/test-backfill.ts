import {
  abandon,
  type Change,
  exactTextSettings,
  heartbeat,
  openChangeStream,
  quotedName,
  type Row,
  type SourceTable,
  type Unit,
} from '@ticketbuddy/change-stream';
import { testDatabase } from '@ticketbuddy/testing';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import type { Backfill, Reject, TableTarget } from './backfill.ts';
import { begin } from './begin.ts';
import { collapse, type Net } from './collapse.ts';
import { copyPass } from './copy-pass.ts';
import { readCheckpoint } from './store.ts';
import { streamPass } from './stream-pass.ts';
import { createPace } from './throttle.ts';
import { openWriter } from './writer.ts';

export const schema = 'migration';
export const seats: SourceTable = { schema: 'public', name: 'Seats', key: ['id'] };
export const columns = 'id int primary key, name text';

export type Place = { readonly url: string; readonly pool: pg.Pool };

export type Ground = {
  readonly source: Place;
  readonly target: Place;
  readonly unit: Unit;
  readonly tables: readonly TableTarget[];
};

let grounds = 0;

/** A source and an empty target with the same table, both in databases of their own. */
export async function aGround(definition = columns, table = seats, capture?: 'triggers'): Promise<Ground> {
  const [source, target] = [await testDatabase(), await testDatabase()];
  await source.pool.query(`create table "Seats" (${definition})`);
  await target.pool.query(`create table "Seats" (${definition})`);
  return groundOf(source, target, table, capture);
}

export function groundOf(source: Place, target: Place, table = seats, capture?: 'triggers'): Ground {
  const unit = { name: `copy_${process.pid}_${++grounds}`, tables: [table], ...(capture && { capture }) };
  onTestFinished(() => abandon(source.pool, unit));
  return { source, target, unit, tables: [intoSameTable(table)] };
}

type Pools = { readonly source: pg.Pool; readonly target: pg.Pool };

/** What one process has open: it lives until it is closed. */
export async function aRun(ground: Ground, pools: Pools = { source: ground.source.pool, target: ground.target.pool }) {
  const { unit, tables } = ground;
  const writer = await openWriter({ pool: pools.target, schema, unit: unit.name });
  const backfill: Backfill = { source: pools.source, writer, unit, tables };
  try {
    const from = await begin(backfill);
    const stream = await openChangeStream({ url: ground.source.url, pool: ground.source.pool, unit, from });
    const close = async () => {
      await stream.close();
      await writer.close();
    };
    onTestFinished(close);
    return { backfill, stream, close };
  } catch (error) {
    await writer.close();
    throw error;
  }
}

export type Run = Awaited<ReturnType<typeof aRun>>;

/** Applies all that was committed at the source before it was called. */
export async function follow({ source, target, unit }: Ground, { backfill, stream }: Run): Promise<void> {
  const beat = await heartbeat(source.pool, unit);
  for (;;) {
    const { transactions } = await streamPass(backfill, stream, { waitMs: 10_000 });
    const checkpoint = await readCheckpoint(target.pool, { schema, unit: unit.name });
    if ((checkpoint?.heartbeat?.beat ?? 0) >= beat) return;
    if (transactions === 0) throw new Error('the heartbeat never came');
  }
}

/** Copies in chunks of so many rows until there is nothing left. */
export async function copyAll({ backfill }: Run, chunkRows: number): Promise<void> {
  const pace = createPace({ chunkRows });
  while ((await copyPass(backfill, pace)).outcome !== 'complete');
}

/** Every row of the table as text, in one order for both sides. */
export async function textOf({ pool }: Place, { name }: SourceTable = seats): Promise<unknown[]> {
  const settings = Object.entries(exactTextSettings).map(([setting, value]) => `set local ${setting} = '${value}'`);
  const client = await pool.connect();
  await client.query(['begin', ...settings].join('; '));
  const { rows } = await client.query(`select t::text as row from ${pg.escapeIdentifier(name)} as t`);
  await client.query('commit');
  client.release();
  return rows.map(({ row }) => row).sort();
}

export async function expectSame({ source, target }: Ground): Promise<void> {
  const [there, here] = [await textOf(source), await textOf(target)];
  const without = (rows: unknown[], others: unknown[]) => rows.filter((row) => !others.includes(row));
  expect({ missing: without(there, here), extra: without(here, there) }).toEqual({ missing: [], extra: [] });
  expect(here).toHaveLength(there.length);
}

type Mapping = (change: Change) => string | undefined;

/** Writes to a table of the same name and columns; what `refuse` gives a reason for is rejected. */
export function intoSameTable(table: SourceTable, refuse: Mapping = () => undefined): TableTarget {
  const apply = async (tx: pg.PoolClient, changes: readonly Change[]): Promise<Reject[]> => {
    const rejects = changes.flatMap((change) => {
      const reason = refuse(change);
      return reason === undefined ? [] : [{ change, reason }];
    });
    const refused = new Set(rejects.map(({ change }) => change));
    await write(
      tx,
      table,
      collapse(
        changes.filter((change) => !refused.has(change)),
        table.key,
      ),
    );
    return rejects;
  };
  return { table, apply };
}

async function write(tx: pg.PoolClient, table: SourceTable, { isTruncated, deleted, upserted }: Net): Promise<void> {
  const name = quotedName(table);
  const key = table.key.map((column) => pg.escapeIdentifier(column)).join(', ');
  if (isTruncated) await tx.query(`truncate ${name}`);
  if (deleted.length > 0) {
    const { text, values } = await rowsAsQuery(tx, table, deleted);
    await tx.query(`delete from ${name} where (${key}) in (${text})`, values);
  }
  if (upserted.length > 0) {
    const { text, values } = await rowsAsQuery(tx, table, upserted);
    const names = Object.keys(upserted[0] ?? {}).map((column) => pg.escapeIdentifier(column));
    const set = names.map((column) => `${column} = excluded.${column}`);
    await tx.query(`insert into ${name} (${names}) ${text} on conflict (${key}) do update set ${set}`, values);
  }
}

/** Each value goes in as the text that it came as; only the column's own type reads it. */
async function rowsAsQuery(tx: pg.PoolClient, table: SourceTable, rows: readonly Row[]) {
  const { rows: types } = await tx.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [quotedName(table)],
  );
  const typeOf = new Map(types.map(({ name, type }) => [name, type]));
  const names = Object.keys(rows[0] ?? {});
  const casts = names.map((name, at) => `c${at}::${typeOf.get(name)}`);
  const arrays = names.map((_name, at) => `$${at + 1}::text[]`);
  return {
    text: `select ${casts} from unnest(${arrays}) as r(${names.map((_name, at) => `c${at}`)})`,
    values: names.map((name) => rows.map((row) => row[name])),
  };
}

import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Batch, Change } from './batch.ts';
import { type ChangeStream, openChangeStream, type StreamOptions } from './change-stream.ts';
import { abandon, prepare } from './prepare.ts';
import { createSlot } from './slot.ts';
import type { SourceTable, Unit } from './unit.ts';

export const seats: SourceTable = { schema: 'public', name: 'Seats', key: ['id'] };

export type TestSource = {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly unit: Unit;
  readonly start: string;
  open(options?: Partial<StreamOptions>): Promise<ChangeStream>;
};

export type Capture = 'log' | 'triggers';

/** Both ways to learn of changes, for `describe.each`. */
export const captures: readonly Capture[] = ['log', 'triggers'];

export function aUnit(capture: Capture = 'log', tables: readonly SourceTable[] = [seats]): Unit {
  return { name: nextName(), tables, ...(capture === 'triggers' && { capture }) };
}

/** A source with a table of seats, prepared, with a slot, which is abandoned when the test has finished. */
async function aSource(columns = 'id int primary key, name text', captured: Capture = 'log'): Promise<TestSource> {
  const { url, pool } = await testDatabase();
  await pool.query(`create table "Seats" (${columns})`);
  return capture(url, pool, aUnit(captured));
}

/** The same, with this capture. */
export function sourceBy(captured: Capture): (columns?: string) => Promise<TestSource> {
  return (columns) => aSource(columns, captured);
}

export async function capture(url: string, pool: pg.Pool, unit: Unit): Promise<TestSource> {
  onTestFinished(() => abandon(pool, unit));
  await prepare(pool, unit);
  const start = await createSlot(pool, unit);
  const open = async (options: Partial<StreamOptions> = {}) => {
    const stream = await openChangeStream({ url, pool, unit, from: start, ...options });
    onTestFinished(() => stream.close());
    return stream;
  };
  return { url, pool, unit, start, open };
}

let names = 0;

function nextName(): string {
  return `test_${process.pid}_${++names}`;
}

const patienceMs = 10_000;

/** The next transaction that changes something, acknowledged. */
export async function take(stream: ChangeStream): Promise<Batch> {
  for (;;) {
    const batch = await stream.next(patienceMs);
    if (!batch) throw new Error('no transaction came');
    stream.acknowledge(batch.position);
    if (batch.changes.length > 0) return batch;
  }
}

export async function takeChanges(stream: ChangeStream, transactions: number): Promise<Change[]> {
  const changes: Change[] = [];
  for (let taken = 0; taken < transactions; taken++) changes.push(...(await take(stream)).changes);
  return changes;
}

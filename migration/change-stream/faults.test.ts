import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, startEmbedded } from '@ticketbuddy/postgres';
import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { connect } from './connection.ts';
import { abandon, prepare } from './prepare.ts';
import { createSlot } from './slot.ts';
import { aUnit, type Capture, capture, captures, type TestSource, take } from './test-source.ts';

it.each(captures)('a stream by %s outlives restarts of the source, and gives each transaction once', async (by) => {
  const server = await aServer();
  const { pool, open } = await server.source(by);
  const interruptions: unknown[] = [];
  const stream = await open({ onInterruption: (error) => interruptions.push(error) });
  const seen: string[] = [];
  for (let round = 0; round < 3; round++) {
    await pool.query(`insert into "Seats" values (${round * 2}), (${round * 2 + 1})`);
    if (round === 1) await stream.next(10_000);
    await server.restart();
    const { changes } = await take(stream);
    seen.push(...changes.map(({ row }) => row?.id ?? ''));
  }
  expect(seen).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(interruptions.length).toBeGreaterThan(0);
});

it.each(captures)('a stream by %s whose connection is killed goes on where it was', async (by) => {
  const server = await aServer();
  const { pool, open, unit } = await server.source(by);
  const stream = await open();
  for (let round = 0; round < 5; round++) {
    await pool.query(`insert into "Seats" values (${round})`);
    await pool.query(
      `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name like '%${unit.name}'
       union all select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())`,
    );
    expect((await take(stream)).changes.map(({ row }) => row?.id)).toEqual([`${round}`]);
  }
});

it('a slot that the server has invalidated for its size stops the stream, which demands a new copy', async () => {
  const server = await aServer({ max_slot_wal_keep_size: '1MB' });
  const { pool, unit, start, open } = await server.source();
  await until('it came true', async () => {
    await pool.query(`select pg_logical_emit_message(false, '', 'x'), pg_switch_wal()`);
    await pool.query('checkpoint');
    const { rows } = await pool.query(
      `select wal_status from pg_replication_slots where slot_name like '%${unit.name}'`,
    );
    return rows[0]?.wal_status === 'lost';
  });
  await expect(open({ from: start })).rejects.toMatchObject({ reason: 'slot-invalidated' });
});

it('a slot waits for a transaction of the source, however long nothing is heard of it', async () => {
  const server = await aServer();
  const { pool, unit } = await server.source();
  await abandon(pool, unit);
  await prepare(pool, unit);
  const client = await pool.connect();
  await client.query('begin; insert into "Seats" values (1)');
  const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%create_logical_replication_slot%'`;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const slot = createSlot(pool, unit).catch((error: unknown) => error);
  while ((await pool.query(waiting)).rowCount === 0);
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  await client.query('commit');
  client.release();
  expect(await slot).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
});

it('a server that goes down with the very bytes that say that it is ready costs the connection, not the process', async () => {
  const ready = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
  const farewell = Buffer.from('SFATAL\0C57P01\0Mgoing down\0\0');
  const head = Buffer.alloc(5, 'E');
  head.writeInt32BE(4 + farewell.length, 1);
  const server = createServer((socket) =>
    socket.once('data', () => socket.end(Buffer.concat([ready, head, farewell]))).on('error', () => undefined),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = `postgres://nobody@127.0.0.1:${port}/none`;
  const nothing = () => undefined;
  const connection = connect({ url, name: 'none', from: '0/0', onMessage: nothing, onQuestion: nothing });
  await connection.ended.catch(nothing);
  await connection.close();
});

type Server = { source(by?: Capture): Promise<TestSource>; restart(): Promise<void> };

/** A server that this test alone restarts. */
async function aServer(settings: Record<string, string> = {}): Promise<Server> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-source-'));
  let server = await startEmbedded({ dataFolder, settings: { fsync: 'off', ...settings } });
  const { url } = server;
  const port = Number(new URL(url).port);
  const pool: pg.Pool = createPool({ url, connections: 4 });
  onTestFinished(async () => {
    await pool.end();
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    async source(by) {
      await pool.query('create table "Seats" (id int primary key)');
      return capture(url, pool, aUnit(by));
    },
    async restart() {
      await server.stop();
      server = await startEmbedded({ dataFolder, port, settings: { fsync: 'off', ...settings } });
    },
  };
}

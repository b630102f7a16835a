import { type SeededRandom, seededRandom, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { heartbeat } from './heartbeat.ts';
import { captures, sourceBy, type TestSource } from './test-source.ts';

// What comparisons rely on: whoever has applied up to a place of the log has applied all that could be seen before it was asked for.
it.each(captures)('by %s, nothing that was visible comes behind the place where the log ended then', async (by) => {
  const source = await sourceBy(by)();
  await source.pool.query('insert into "Seats" select i from generate_series(1, 40) as i');
  const isOver = new AbortController();
  const asked: Look[] = [];
  const [looking, arrivals] = [look(source.pool, asked, isOver.signal), follow(source, isOver.signal)];
  const lookedOn = (looks: number) => {
    const enough = asked.length + looks;
    return until('somebody has looked on', async () => asked.length >= enough);
  };
  await Promise.all(Array.from({ length: 12 }, (_, nth) => write(source.pool, nth, seededRandom(nth), lookedOn)));
  isOver.abort();
  await looking;
  const arrived = await arrivals;
  expect(asked.length).toBeGreaterThan(10);
  expect(new Set(arrived.map(({ position }) => position)).size).toBe(arrived.length);
  expect(await isBehind(source.pool, arrived.at(-1)?.position, asked.at(-1)?.logEnd)).toBe(true);
  const { rows } = await source.pool.query(
    `with arrived as materialized (select * from unnest($3::xid8[], $4::pg_lsn[]) as t (xid, position)),
     asked as materialized (
       select snapshot, log_end, (select min(position) from arrived where position >= log_end) as applied
       from unnest($1::pg_snapshot[], $2::pg_lsn[]) as l (snapshot, log_end))
     select * from asked join arrived on position > applied where pg_visible_in_snapshot(xid, snapshot)`,
    [
      asked.map(({ snapshot }) => snapshot),
      asked.map(({ logEnd }) => logEnd),
      arrived.map(({ xid }) => `${xid}`),
      arrived.map(({ position }) => position),
    ],
  );
  expect(rows).toEqual([]);
});

async function isBehind(pool: pg.Pool, ...positions: readonly (string | undefined)[]): Promise<boolean> {
  const { rows } = await pool.query('select $1::pg_lsn >= $2::pg_lsn as is_behind', [...positions]);
  return rows[0].is_behind;
}

type Look = { readonly snapshot: string; readonly logEnd: string };

async function look(pool: pg.Pool, looks: Look[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const { rows } = await pool.query<Look>(
      `select pg_current_snapshot()::text as snapshot, pg_current_wal_insert_lsn()::text as "logEnd"`,
    );
    looks.push(...rows);
  }
}

type Arrival = { readonly xid: number; readonly position: string };

async function follow({ pool, unit, open }: TestSource, over: AbortSignal): Promise<Arrival[]> {
  const stream = await open();
  const arrived: Arrival[] = [];
  for (let last = Number.POSITIVE_INFINITY; ; ) {
    if (over.aborted && last === Number.POSITIVE_INFINITY) last = await heartbeat(pool, unit);
    const batch = await stream.next(1_000);
    if (!batch) continue;
    arrived.push(batch);
    stream.acknowledge(batch.position);
    if ((batch.heartbeat?.beat ?? 0) >= last) return arrived;
  }
}

/** Transactions of all kinds: short, long, that do not wait for the disk, that wait for each other. */
async function write(
  pool: pg.Pool,
  nth: number,
  random: SeededRandom,
  lookedOn: (looks: number) => Promise<unknown>,
): Promise<void> {
  const client = await pool.connect();
  for (let round = 0; round < 40; round++) {
    await client.query('begin');
    if (random.chance(0.3)) await client.query('set local synchronous_commit = off');
    const row = 1 + random.below(40);
    await client.query('update "Seats" set name = $2 where id = $1', [row, `${nth}`]);
    if (random.chance(0.3)) await lookedOn(random.below(10));
    if (row < 40) await client.query('update "Seats" set name = $2 where id = $1', [row + 1, `${nth}`]);
    await client.query('commit');
  }
  client.release();
}

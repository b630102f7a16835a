import type pg from 'pg';
import { addAlone } from './journal.ts';
import type { Mark, MoveRecord } from './steps.ts';
import { entriesSince } from './store-journal.ts';

/** A move of a unit that is under way, or was begun and left. */
export type Move = {
  /** What it was begun as. */
  readonly what: unknown;
  readonly record: MoveRecord;
  /** `undefined` before the move has come to its end. */
  readonly end: 'done' | 'undone' | undefined;
};

/**
 * Runs `work` while nobody else conducts moves of the unit, whatever process or machine they are on: whoever comes after
 * one that died takes over from it. Answers `undefined` at once while somebody else does. All that `work` records goes over
 * the connection that holds the lock: who has lost it can record nothing.
 */
export async function conduct<R>(
  pool: pg.Pool,
  unit: string,
  work: (client: pg.PoolClient) => Promise<R>,
): Promise<R | undefined> {
  const client = await pool.connect();
  try {
    return (await tryLock(client, unit)) ? await work(client) : undefined;
  } finally {
    // So that the next need not wait until the server has noticed that the connection is gone.
    await unlock(client, unit).catch(() => undefined);
    client.release(true);
  }
}

/** Begins a move; one that was begun before has to have come to its end. `what` is any JSON, for whoever has to go on with it. */
export async function beginMove(client: pg.PoolClient, unit: string, what: unknown): Promise<Move> {
  await addAlone(client, [{ unit, act: begun, evidence: what }]);
  return { what, record: recordOf(client, unit), end: undefined };
}

/** The unit's last move, `undefined` when it has never been moved. */
export async function lastMove(client: pg.PoolClient, unit: string): Promise<Move | undefined> {
  const entries = await entriesSince(client, unit, begun);
  const [first] = entries;
  if (!first) return undefined;
  const end = entries.findLast(({ act }) => act === ended)?.evidence as Move['end'];
  return { what: first.evidence, record: recordOf(client, unit), end };
}

export async function endMove(client: pg.PoolClient, unit: string, outcome: 'done' | 'undone'): Promise<void> {
  await addAlone(client, [{ unit, act: ended, evidence: outcome }]);
}

const lockKey = `hashtextextended('ticketbuddy:conduct:' || $1, 0)`;

async function tryLock(client: pg.PoolClient, unit: string): Promise<boolean> {
  const { rows } = await client.query(`select pg_try_advisory_lock(${lockKey}) as taken`, [unit]);
  return rows[0]?.taken === true;
}

async function unlock(client: pg.PoolClient, unit: string): Promise<void> {
  const free = () => client.query(`select pg_advisory_unlock(${lockKey})`, [unit]);
  await free().catch(async () => {
    // Of a transaction that has failed the server takes nothing else.
    await client.query('rollback');
    await free();
  });
}

const begun = 'move begun';
const ended = 'move ended';
const step = 'step ';

function recordOf(client: pg.PoolClient, unit: string): MoveRecord {
  const lost = new AbortController();
  client.once('end', () => lost.abort(new Error('the line of whoever conducts the move has broken')));
  return {
    lost: lost.signal,
    async marks() {
      const entries = await entriesSince(client, unit, begun);
      return entries.flatMap(({ act, evidence }) => (act.startsWith(step) ? [evidence as Mark] : []));
    },
    mark: (...marks) =>
      addAlone(
        client,
        marks.map((mark) => ({ unit, act: `${step}${mark.step}: ${mark.what}`, evidence: mark })),
      ),
  };
}

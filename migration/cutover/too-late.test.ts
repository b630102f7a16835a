import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { readFence } from './fence.ts';
import { holdWrites, releaseWrites } from './hold-writes.ts';
import { beginMove, conduct, endMove, lastMove } from './move.ts';
import { type Outcome, type Step, walk } from './steps.ts';
import { isHeld } from './store-edges.ts';
import { fenceOldOwner, nameNewOwner, type OwnerSwitch, openNewOwner } from './switch-owner.ts';
import { type Sides, twoSides, writable } from './test-switch.ts';

test('who comes too late with opening the new owner does not open it: the old one has it again, alone', async () => {
  const sides = await twoSides();
  const [begun, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const uponOpening = () => {
    begun.resolve();
    return slow.promise;
  };
  const first = await tryMove(sides, { slow: openNewOwner.name, instead: endedWhen(() => begun.promise), uponOpening });
  slow.resolve();
  await until('it is over', async () => (await openTransactions(sides.next)) === 0);
  if (first === undefined) expect(await tryMove(sides, {})).toBe('undone');
  expect(await writable(sides)).toEqual(['legacy']);
});

test.each([
  { slow: openNewOwner.name, side: 'next', end: 'done', writer: 'next' },
  { slow: fenceOldOwner.name, side: 'legacy', end: 'undone', writer: 'legacy' },
] as const)('a commit that takes too long to $slow is waited for, and then the unit has one owner', async (trial) => {
  const sides = await twoSides();
  const { commit, isCommitting } = await slowCommits(sides[trial.side]);
  const first = await tryMove(sides, { slow: trial.slow, instead: endedWhen(() => until('it commits', isCommitting)) });
  await commit();
  await until('it is committed', async () => (await openTransactions(sides[trial.side])) === 0);
  if (first === undefined) expect(await tryMove(sides, {})).toBe(trial.end);
  expect(await writable(sides)).toEqual([trial.writer]);
  expect((await readFence(sides.legacy, 'shows'))?.owner).toBe(trial.writer);
});

test.each([
  { step: openNewOwner.name, hears: true },
  { step: openNewOwner.name, hears: false },
  { step: fenceOldOwner.name, hears: true },
  { step: holdWrites.name, hears: false },
])(
  'who has lost the lock does not $step when another one has turned the move back (hears of it: $hears)',
  async (trial) => {
    const sides = await twoSides();
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stale = tryMove(sides, {
      slow: trial.step,
      async instead(step, move, signal) {
        begun.resolve();
        await over.promise;
        return step.do(move, trial.hears ? signal : new AbortController().signal);
      },
    });
    await begun.promise;
    await endConductor(sides.next);
    const other = await until('it is turned back', async () => tryMove(sides, { isOverdue: true }));
    expect(other).toBe('undone');
    over.resolve();
    expect(await stale).toBeUndefined();
    expect(await writable(sides)).toEqual(['legacy']);
    expect(await isHeld(sides.next, 'shows')).toBe(false);
    expect(await tryMove(sides, { deadline: '2026-06-01T12:00:03Z' })).toBe('done');
    expect(await writable(sides)).toEqual(['next']);
  },
);

type Trial = {
  /** The step that takes too long, and what is done in its place. */
  readonly slow?: string;
  readonly instead?: (step: Step<OwnerSwitch>, move: OwnerSwitch, signal: AbortSignal) => Promise<unknown>;
  readonly uponOpening?: () => Promise<void>;
  readonly isOverdue?: boolean;
  readonly deadline?: string;
};

/** Begins the move, or goes on with it; `undefined` when there is something to try again, or somebody else is at it. */
async function tryMove(databases: Sides, trial: Trial): Promise<Outcome | undefined> {
  const { slow, instead, uponOpening, isOverdue = false, deadline = '2026-06-01T12:00:02Z' } = trial;
  const steps = [holdWrites, fenceOldOwner, openNewOwner, nameNewOwner, releaseWrites].map((step) =>
    step.name === slow && instead
      ? { ...step, do: (move: OwnerSwitch, signal: AbortSignal) => instead(step, move, signal) }
      : step,
  );
  const sides = { from: 'legacy', to: 'next' } as const;
  const until = Temporal.Instant.from(deadline);
  const move = { unit: 'shows', ...sides, epoch: 1, databases, deadline: until, waitMsMax: 200, uponOpening };
  return conduct(databases.next, 'shows', async (client) => {
    const context = { ...move, conductor: client };
    const last = await lastMove(client, 'shows');
    const { record } = last && !last.end ? last : await beginMove(client, 'shows', sides);
    const outcome = await walk({ steps, context, record, isOverdue: async () => isOverdue });
    await endMove(client, 'shows', outcome);
    return outcome;
  }).catch(() => undefined);
}

/** What the walk does when the time of a step is over: it is told to stop, and not waited for. */
function endedWhen(isTooLate: () => Promise<unknown>): NonNullable<Trial['instead']> {
  return async (step, move) => {
    const over = new AbortController();
    step.do(move, over.signal).catch(() => undefined);
    await isTooLate();
    over.abort();
    throw new Error(`${step.name} took too long`);
  };
}

/** As a server does that has lost the line to it. */
async function endConductor(pool: pg.Pool): Promise<void> {
  await pool.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32) | objid::bigint = hashtextextended('ticketbuddy:conduct:shows', 0)`,
  );
}

const lock = 4_711;

/** From now on a change of the owner is not committed before it is let go, as with a standby that does not answer. */
async function slowCommits(pool: pg.Pool) {
  const holder = await pool.connect();
  onTestFinished(() => holder.release(true));
  await holder.query(`select pg_advisory_lock(${lock})`);
  await pool.query(`
    create function wait_at_commit() returns trigger language plpgsql set lock_timeout = 0 as $$
    begin perform pg_advisory_xact_lock_shared(${lock}); return null; end $$;
    create constraint trigger slow after update on ticketbuddy_migration.fences deferrable initially deferred
    for each row execute function wait_at_commit()`);
  return {
    commit: async () => void (await holder.query(`select pg_advisory_unlock(${lock})`)),
    async isCommitting() {
      const { rowCount } = await pool.query(
        `select from pg_locks where not granted and locktype = 'advisory' and objid = ${lock}
           and database = (select oid from pg_database where datname = current_database())`,
      );
      return rowCount === 1;
    },
  };
}

/** Those in which something was done and that are not over. */
async function openTransactions(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()`,
  );
  return rows[0]?.count ?? 0;
}

import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { raiseFence, readFence } from './fence.ts';
import { openJournal } from './journal.ts';
import { beginMove, conduct, endMove, lastMove } from './move.ts';
import type { Side } from './owner.ts';
import { type Outcome, type Step, walk } from './steps.ts';
import { createEdgeTables } from './store-edges.ts';
import { fenceOldOwner, nameNewOwner, type OwnerSwitch, openNewOwner } from './switch-owner.ts';

/** What happens to whoever conducts a move at some point: nothing after it is done by him. */
export class Killed extends Error {}

/** Two systems with a table of one unit, which the legacy owns; the journal is in the new one's database. */
export async function twoSides() {
  const databases = { legacy: (await testDatabase(6)).pool, next: (await testDatabase(6)).pool };
  await openJournal(databases.next);
  await createEdgeTables(databases.next);
  for (const side of ['legacy', 'next'] as const) {
    await databases[side].query('create table public.shows (id serial primary key)');
    const plan = { unit: 'shows', side, tables: ['public.shows'], appliers: [], needsEpoch: false };
    await raiseFence(databases[side], plan, { owner: 'legacy', epoch: 1 });
  }
  return databases;
}

export type Sides = Awaited<ReturnType<typeof twoSides>>;

export type Trial = {
  readonly from: Side;
  readonly epoch: number;
  /** Whether what is compared before the new owner is opened differs. */
  readonly differs?: boolean;
  /** Called at every point at which a process may die; throws `Killed`. */
  readonly passPoint?: () => void;
  readonly isOverdue?: boolean;
};

/** Begins the switch, or goes on with the one that was begun. Answers `undefined` when the process was killed. */
export async function conductSwitch(databases: Sides, trial: Trial): Promise<Outcome | undefined> {
  try {
    return await conduct(databases.next, 'shows', async (client) => {
      const last = await lastMove(client, 'shows');
      // As everybody does who begins a move: whoever was killed may have come to its end.
      if (last?.end && (await readFence(databases[trial.from], 'shows'))?.owner !== trial.from) return 'done';
      const { record } = last && !last.end ? last : await beginMove(client, 'shows', `to the other of ${trial.from}`);
      const point = trial.passPoint ?? (() => undefined);
      const mark: typeof record.mark = (...made) => around(point, () => record.mark(...made));
      const steps = stepsOf(trial).map((step) => mortal(step, point));
      const isOverdue = async () => trial.isOverdue ?? false;
      const outcome = await walk({
        steps,
        context: contextOf(databases, client, trial),
        record: { ...record, mark },
        isOverdue,
      });
      await around(point, () => endMove(client, 'shows', outcome));
      return outcome;
    });
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
}

/** The sides that take a write now. */
export async function writable(databases: Sides): Promise<Side[]> {
  const takes = async (pool: pg.Pool) =>
    pool.query('insert into public.shows default values').then(
      () => true,
      () => false,
    );
  const [legacy, next] = [await takes(databases.legacy), await takes(databases.next)];
  return [...(legacy ? (['legacy'] as const) : []), ...(next ? (['next'] as const) : [])];
}

function stepsOf({ differs = false }: Trial): Step<OwnerSwitch>[] {
  const compare: Step<OwnerSwitch> = {
    name: 'compare',
    msMax: 1_000,
    check: async () => false,
    async do() {
      if (differs) throw new Error('the two sides differ');
      return 'the two sides are the same';
    },
  };
  return [fenceOldOwner, compare, openNewOwner, nameNewOwner];
}

function contextOf(databases: Sides, conductor: pg.PoolClient, { from, epoch }: Trial): OwnerSwitch {
  const deadline = Temporal.Instant.from('2026-06-01T12:00:02Z');
  return {
    unit: 'shows',
    from,
    to: from === 'legacy' ? 'next' : 'legacy',
    epoch,
    databases,
    conductor,
    deadline,
    waitMsMax: 1_000,
  };
}

function mortal<C>(step: Step<C>, point: () => void): Step<C> {
  const { undo } = step;
  return {
    ...step,
    do: (context, signal) => around(point, () => step.do(context, signal)),
    ...(undo && { undo: (context: C) => around(point, () => undo(context)) }),
  };
}

async function around<R>(point: () => void, act: () => Promise<R>): Promise<R> {
  point();
  const result = await act();
  point();
  return result;
}

import { beginMove, changeOwner, conduct, fenceOldOwner, type Mark, readFence, walk } from '@ticketbuddy/cutover';
import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { prepareTakeover } from './prepare.ts';
import { readOwnerSeen } from './store.ts';
import { stepsTo } from './switch-steps.ts';
import { type Begun, contextOf, resumeSwitch, switchUnit } from './switch-unit.ts';
import { streamOf, type Takeover } from './takeover.ts';
import { aLibrary, aWorker, lend } from './test-library.ts';
import type { UnitStep } from './unit-step.ts';

test('a unit that was fenced when its move had already been turned back has its owner again as soon as a worker looks', async () => {
  const library = await aLibrary();
  const { takeover } = library;
  const { plan, places } = takeover;
  await prepareTakeover(takeover);
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const frozen = conductFrozen(takeover, () => {
    begun.resolve();
    return over.promise;
  }).catch(() => undefined);
  await begun.promise;
  await endConductor(places.next.pool, plan.unit);
  expect(await until('it is turned back', () => resumeSwitch(takeover))).toBe('undone');
  over.resolve();
  await frozen;
  expect((await readFence(places.legacy.pool, plan.unit))?.owner).toBe('moving');
  await aWorker(library);
  await until('it has its owner', async () => (await readFence(places.legacy.pool, plan.unit))?.owner === 'legacy');
  await lend(library);
});

test('that the old owner is fenced is not taken for so at the other side because of a fence that was undone', async () => {
  const library = await aLibrary();
  const { takeover } = library;
  const { plan, places } = takeover;
  const worker = await aWorker(library);
  const [legacy, moving] = [{ owner: 'legacy', epoch: 1 } as const, { owner: 'moving', epoch: 1 } as const];
  await changeOwner(places.legacy.pool, { unit: plan.unit, from: legacy, to: moving }, 1_000);
  await until('it is known there', async () => {
    const seen = await readOwnerSeen(places.next.pool, streamOf(plan, 'next').name);
    return seen?.owner === 'moving';
  });
  await worker.stop();
  await changeOwner(places.legacy.pool, { unit: plan.unit, from: moving, to: legacy }, 1_000);
  await lend(library);
  const marks: Mark[] = [];
  expect(await switchUnit(takeover, 'next', { onMark: (mark) => marks.push(mark) })).toBe('undone');
  expect(marks.find(({ what }) => what === 'turned back')?.step).toBe('drain');
});

/** Moves the unit, too late, and stands still just before the old owner is fenced: who does hears nothing meanwhile. */
async function conductFrozen(takeover: Takeover, untilThawed: () => Promise<void>): Promise<void> {
  const { plan, places } = takeover;
  const deadline = Temporal.Now.instant().subtract({ seconds: 1 }).toString();
  const begun: Begun = { to: 'next', epoch: 1, deadline };
  const freeze = (step: UnitStep): UnitStep => ({
    ...step,
    async do(context) {
      await untilThawed();
      return step.do(context, new AbortController().signal);
    },
  });
  const steps = stepsTo('next').map((step) => (step.name === fenceOldOwner.name ? freeze(step) : step));
  await conduct(places.next.pool, plan.unit, async (client) => {
    const { record } = await beginMove(client, plan.unit, begun);
    await walk({ steps, context: contextOf(takeover, client, begun), record });
  });
}

/** As a server does that has lost the line to it. */
async function endConductor(pool: pg.Pool, unit: string): Promise<void> {
  await pool.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32) | objid::bigint = hashtextextended('ticketbuddy:conduct:' || $1, 0)`,
    [unit],
  );
}

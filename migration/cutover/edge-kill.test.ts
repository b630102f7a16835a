import { PostgresNotifications } from '@ticketbuddy/postgres';
import { type KillPoint, killedAt, listKillPoints, testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { Edge } from './edge.ts';
import { raiseFence } from './fence.ts';
import { holdWrites, releaseWrites, tellEdgesOfOwner } from './hold-writes.ts';
import { createEdgeTables } from './store-edges.ts';
import { fenceOldOwner, nameNewOwner, type OwnerSwitch } from './switch-owner.ts';
import { legacy } from './test-fenced.ts';

test('a gateway killed before and after any of its statements holds up no switch, and lets nothing through with the old epoch', {
  timeout: 240_000,
}, async () => {
  const points: KillPoint[] = [];
  for (const when of ['before', 'after'] as const) {
    for (let statements = 1; ; statements++) {
      const { at, admitted } = await switchWith(statements, when);
      if (!at) break;
      expect(admitted, at).not.toContain('legacy 1');
      points.push({ at, end: 'switched, nothing sent to the old owner' });
    }
  }
  expect(points.length).toBeGreaterThan(10);
  await listKillPoints('a gateway during a switch', points);
});

/** Moves a unit while a gateway that dies at some statement has a write waiting, as another one has that lives. */
async function switchWith(statements: number, when: 'before' | 'after') {
  const { pool, url } = await testDatabase(6);
  await pool.query('create table public.shows (id serial primary key)');
  const plan = { unit: 'shows', side: 'legacy', tables: ['public.shows'], appliers: [], needsEpoch: false } as const;
  await raiseFence(pool, plan, legacy);
  await createEdgeTables(pool);
  const mortal = killedAt(statements, when);
  const notifications = new PostgresNotifications(url);
  const edgeOver = (own: pg.Pool, name: string) => new Edge({ pool: own, notifications, name, units: ['shows'] });
  const [dying, living] = [edgeOver(mortal.pool(pool), 'dying'), edgeOver(pool, 'living')];
  await notifications.start();
  await living.start();
  await dying.start().catch(() => undefined);
  try {
    const move = aMove(pool);
    await holdWrites.do(move, never);
    const admitted: string[] = [];
    const writeAt = (edge: Edge) =>
      edge.admit('shows').then(
        ({ owner, epoch }) => admitted.push(`${owner} ${epoch}`),
        () => undefined,
      );
    const [lost, kept] = [writeAt(dying), writeAt(living)];
    for (const step of [fenceOldOwner, nameNewOwner, tellEdgesOfOwner, releaseWrites]) await step.do(move, never);
    await kept;
    expect(admitted).toContain('next 2');
    if (mortal.at === undefined) await lost;
    return { at: mortal.at, admitted };
  } finally {
    await Promise.all([dying.stop(), living.stop()]);
    await notifications.stop();
  }
}

const never = new AbortController().signal;

// Both sides have one fence here, which is all that a gateway looks at.
function aMove(pool: pg.Pool): OwnerSwitch {
  const deadline = Temporal.Instant.from('2026-06-01T12:00:02Z');
  const databases = { legacy: pool, next: pool };
  const sides = { from: 'legacy', to: 'next' } as const;
  return { unit: 'shows', ...sides, epoch: 1, databases, conductor: pool, deadline, waitMsMax: 1_000 };
}

import { createPace } from '@ticketbuddy/backfill';
import { Killed, type KillPoint, killedAt, listKillPoints, until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { readProof } from './proof.ts';
import { feedsOf, followedGround, followedShows } from './test-followed.ts';
import { openVerifier } from './verifier.ts';
import { verifyPass } from './verify-pass.ts';

test('a verifier killed before and after any statement leaves nothing that the next one trusts without a look', async () => {
  const { target, followed } = await followedGround(60);
  const alarms: string[] = [];
  const pass = async (pool = target) => {
    const verifier = await openVerifier({
      followed: { ...followed, target: pool },
      tables: [{ ...followedShows, ...feedsOf(pool) }],
      rowsPerSecondMax: 1e6,
      pace: createPace({ chunkRows: 25 }),
      patienceMs: 20_000,
      waitMsMax: 20_000,
      onDifference: (_name, { kind, key }) => alarms.push(`${kind} ${key}`),
    });
    return verifyPass(verifier);
  };
  const rogue = (title: string) => target.query(`update shows set title = $1 where id = md5('7')::uuid`, [title]);
  await rogue('rogue');
  const points: KillPoint[] = [];
  for (const when of ['before', 'after'] as const) {
    for (let statements = 1; ; statements++) {
      const mortal = killedAt(statements, when);
      await pass(mortal.pool(target)).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      if (!mortal.at) break;
      points.push({ at: mortal.at, end: 'the next one finds the row that differs' });
      expect(await verdict()).not.toBe('proven');
    }
  }
  await until('it is named', async () => (await pass()).differences === 1);
  expect(new Set(alarms).size).toBe(1);
  expect(await verdict()).not.toBe('proven');
  await rogue('Show 7');
  await until('all is proven', async () => {
    await pass();
    return (await verdict()) === 'proven';
  });
  expect(points.length).toBeGreaterThan(10);
  await listKillPoints('who verifies', points);

  async function verdict() {
    const place = { schema: 'migration', unit: followed.unit.name, tables: ['shows'] };
    return (await readProof(target, place, { ageMsMax: 3_600_000 }))[0]?.verdict;
  }
});

import { randomUUID } from 'node:crypto';
import { readFence } from '@ticketbuddy/cutover';
import { rabbitMqIsMissing, startRabbitMq, type TestRabbitMq, until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unfinishedMove } from './store.ts';
import { resumeSwitch, switchUnit } from './switch-unit.ts';
import type { Takeover } from './takeover.ts';
import { conductUntil } from './test-mortal.ts';
import { aHearingWorker, aToldLibrary, type ToldLibrary } from './test-told-library.ts';

describe.skipIf(rabbitMqIsMissing())('a conductor', () => {
  let server: TestRabbitMq;
  beforeAll(async () => {
    server = await startRabbitMq();
  });
  afterAll(() => server?.stop());

  test.each([10, -1])(
    'killed at any point is followed by another, and what the legacy never told is told once (%i s left)',
    { timeout: 400_000 },
    async (secondsLeft) => {
      const library = await aToldLibrary(server.url);
      const { takeover } = library;
      await aHearingWorker(library);
      const untold: string[] = [];
      let wentBack = false;
      for (let point = 1; ; point++) {
        const id = randomUUID();
        untold.push(id);
        await library.keepQuiet(id, 'Untold');
        const outcome = await conductUntil(takeover, {
          to: 'next',
          epoch: await epochOf(takeover),
          point,
          secondsLeft,
        });
        if (typeof outcome === 'object') await finished(takeover);
        // Turned back, nothing was told: the legacy is asked to tell only by the next move.
        if ((await ownerOf(takeover)) === 'legacy') {
          wentBack = true;
          await library.relay();
          expect(library.heardOf(id)).toEqual([]);
        } else await until('it is back', async () => (await switchUnit(takeover, 'legacy')) === 'done');
        if (outcome === 'done') break;
        if (outcome === 'undone') point -= 1;
      }
      await until('it is moved', async () => (await switchUnit(takeover, 'next')) === 'done');
      await library.relay();
      await untilAllHeard(library);
      expect(untold.map((id) => library.heardOf(id).length)).toEqual(untold.map(() => 1));
      expect([untold.length > 20, wentBack]).toEqual([true, secondsLeft < 0]);
    },
  );
});

async function finished(takeover: Takeover): Promise<void> {
  await until('somebody has finished the move', async () => {
    await resumeSwitch(takeover);
    return !(await unfinishedMove(takeover.places.next.pool, takeover.plan.unit));
  });
}

async function untilAllHeard(library: ToldLibrary): Promise<void> {
  const last = randomUUID();
  await library.tell(last, 'Last');
  await until('all is heard', async () => library.heardOf(last).length === 1);
}

async function epochOf(takeover: Takeover): Promise<number> {
  return (await readFence(takeover.places.next.pool, takeover.plan.unit))?.epoch ?? 0;
}

async function ownerOf(takeover: Takeover): Promise<string | undefined> {
  return (await readFence(takeover.places.next.pool, takeover.plan.unit))?.owner;
}

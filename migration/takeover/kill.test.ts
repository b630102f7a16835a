import { type Ownership, readFence, type Side } from '@ticketbuddy/cutover';
import { type KillPoint, listKillPoints, until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { unfinishedMove } from './store.ts';
import { stepsTo } from './switch-steps.ts';
import { resumeSwitch } from './switch-unit.ts';
import { otherSide, type Takeover } from './takeover.ts';
import { aLibrary, aWorker, comparison, lend, lendHere } from './test-library.ts';
import { conductUntil } from './test-mortal.ts';

test.each([
  ['next', 10],
  ['legacy', 10],
  ['next', -1],
] as const)(
  'a conductor killed at any point on the way to %s is followed by another, who leaves one owner and all rows (%i s left)',
  async (to, secondsLeft) => {
    const library = await aLibrary();
    const { takeover } = library;
    await aWorker(library);
    let now: Ownership = { owner: 'legacy', epoch: 1 };
    const ends: KillPoint[] = [];
    for (let point = 1; ; point++) {
      if (now.owner === to) now = await finished(takeover, otherSide(to), now.epoch);
      const outcome = await conductUntil(takeover, { to, epoch: now.epoch, point, secondsLeft });
      if (outcome === 'done') break;
      // A machine that is too busy for a step may turn the move back before it comes to the point.
      if (outcome === 'undone') point -= 1;
      if (outcome === 'undone') continue;
      await until('somebody has finished the move', async () => {
        await resumeSwitch(takeover);
        return !(await unfinishedMove(takeover.places.next.pool, takeover.plan.unit));
      });
      now = await ownership(takeover);
      if (typeof outcome === 'object') ends.push({ at: outcome.killed, end: now.owner });
      await (now.owner === 'legacy' ? lend(library) : lendHere(library, now.epoch));
    }
    expect(ends.length).toBeGreaterThan(2 * stepsTo(to).length);
    const wentBack = ends.filter(({ end }) => end !== to).length;
    // In time, it is gone on with; too late, it is undone, but for what is past the new owner's opening.
    expect(wentBack === 0).toBe(secondsLeft > 0);
    expect(ends.length - wentBack).toBeGreaterThan(6);
    const late = secondsLeft > 0 ? '' : ', too late to go on';
    await listKillPoints(`who conducts a switch to ${to}${late}`, ends.map(toLine));
    await until('both sides are the same', async () =>
      (await comparison(library)).every(({ verdict }) => verdict === 'same'),
    );
    const [books] = await comparison(library);
    expect(books?.rows).toEqual({ source: ends.length, target: ends.length });
  },
  400_000,
);

async function finished(takeover: Takeover, to: Side, epoch: number): Promise<Ownership> {
  await until(
    'it is moved',
    async () => (await conductUntil(takeover, { to, epoch, point: Number.POSITIVE_INFINITY })) === 'done',
  );
  return ownership(takeover);
}

function toLine({ at, end }: KillPoint): KillPoint {
  return { at, end: `${end} owns it, alone` };
}

/** What both databases say, which has to be the same. */
async function ownership({ plan, places }: Takeover): Promise<Ownership> {
  const [legacy, next] = [await readFence(places.legacy.pool, plan.unit), await readFence(places.next.pool, plan.unit)];
  expect(legacy?.owner).not.toBe('moving');
  expect([next?.owner, next?.epoch]).toEqual([legacy?.owner, legacy?.epoch]);
  return legacy as Ownership;
}

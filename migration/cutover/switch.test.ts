import { describe, expect, test } from 'vitest';
import { readJournal, verifyJournal } from './journal.ts';
import { conduct } from './move.ts';
import type { Side } from './owner.ts';
import { conductSwitch, Killed, type Sides, type Trial, twoSides, writable } from './test-switch.ts';

const other = { legacy: 'next', next: 'legacy' } as const;

describe('a switch', () => {
  test('leaves the new owner writing, and the way back is the same the other way round', async () => {
    const sides = await twoSides();
    expect(await writable(sides)).toEqual(['legacy']);
    expect(await conductSwitch(sides, { from: 'legacy', epoch: 1 })).toBe('done');
    expect(await writable(sides)).toEqual(['next']);
    expect(await conductSwitch(sides, { from: 'next', epoch: 2 })).toBe('done');
    expect(await writable(sides)).toEqual(['legacy']);
  });

  test('goes back when what is compared differs, and says why', async () => {
    const sides = await twoSides();
    expect(await conductSwitch(sides, { from: 'legacy', epoch: 1, differs: true })).toBe('undone');
    expect(await writable(sides)).toEqual(['legacy']);
    expect(await acts(sides)).toEqual([
      'move begun',
      'step fence the old owner: started',
      'step fence the old owner: done',
      'step compare: started',
      'step compare: turned back',
      'step compare: undone',
      'step fence the old owner: undone',
      'move ended',
    ]);
  });

  test('that has taken longer than it may goes back, unless it is final', async () => {
    const sides = await twoSides();
    for (const [point, outcome] of [
      [6, 'undone'],
      [12, 'done'],
    ] as const) {
      expect(await conductSwitch(sides, { from: 'legacy', epoch: 1, passPoint: killAt(point) })).toBeUndefined();
      expect(await conductSwitch(sides, { from: 'legacy', epoch: 1, isOverdue: true })).toBe(outcome);
    }
  });

  test.each([
    { what: 'that succeeds', differs: false },
    { what: 'that goes back', differs: true },
  ])(
    '$what comes to its end from every point at which its process may be killed, once and twice',
    { timeout: 120_000 },
    async ({ differs }) => {
      const sides = await twoSides();
      let [from, epoch]: [Side, number] = ['legacy', 1];
      const points = await pointsOf({ from, epoch, differs });
      for (let first = 1; first <= points; first++) {
        for (const second of [undefined, 2]) {
          const owner = await surviving(sides, { from, epoch, differs }, [first, second]);
          expect(owner, `killed at ${first} and ${second}`).toBe(differs ? from : other[from]);
          if (!differs) [from, epoch] = [other[from], epoch + 1];
        }
      }
      expect(await verifyJournal(sides.next)).not.toHaveProperty('brokenAt');
      expect(points).toBeGreaterThan(12);
    },
  );
});

test('nobody else conducts a move of the unit meanwhile, and whoever comes after one that died can', async () => {
  const { next } = await twoSides();
  await conduct(next, 'shows', async () => {
    expect(await conduct(next, 'shows', async () => 'too')).toBeUndefined();
    expect(await conduct(next, 'halls', async () => 'too')).toBe('too');
  });
  expect(await conduct(next, 'shows', async () => 'after')).toBe('after');
});

/** At how many points the process of such a switch may be killed. */
async function pointsOf(trial: Trial): Promise<number> {
  let points = 0;
  await conductSwitch(await twoSides(), { ...trial, passPoint: () => void points++ });
  return points;
}

/** Who can write after a switch whose process was killed at these points, one after the other; exactly one side can. */
async function surviving(
  sides: Sides,
  trial: Trial,
  kills: readonly (number | undefined)[],
): Promise<Side | undefined> {
  for (const kill of kills) {
    if (kill === undefined) continue;
    const outcome = await conductSwitch(sides, { ...trial, passPoint: killAt(kill) });
    if (outcome !== undefined) return theWriter(sides);
    expect((await writable(sides)).length).toBeLessThan(2);
  }
  await conductSwitch(sides, trial);
  return theWriter(sides);
}

async function theWriter(sides: Sides): Promise<Side | undefined> {
  const writers = await writable(sides);
  expect(writers).toHaveLength(1);
  return writers[0];
}

function killAt(point: number): () => void {
  let passed = 0;
  return () => {
    passed += 1;
    if (passed >= point) throw new Killed();
  };
}

async function acts({ next }: Sides): Promise<string[]> {
  const found: string[] = [];
  for await (const { act } of readJournal(next)) found.push(act);
  return found;
}

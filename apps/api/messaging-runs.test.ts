import { createTestDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type Flaw, flaws } from './test-messaging-flaws.ts';
import { type Lane, noTally, ourParts, type Parts, playRun, type Tally } from './test-messaging-run.ts';
import { addWitness, judgeAll } from './test-messaging-verdict.ts';

const runs = 10_000;
const runsOfFlaw = 400;
// On two cores: one or two wait for the database while the others work.
const lanes = 4;

/** To play a run again, put the number that its failure names in here. */
const replayed: number | undefined = undefined;

it(`whatever is killed, lost, doubled or late in ${runs} runs, the contexts end up the same`, {
  timeout: 900_000,
}, async () => {
  const seeds = replayed === undefined ? Array.from({ length: runs }, (_, seed) => seed) : [replayed];
  const { seats, ...tally } = await playAll(seeds);
  report(`${tally.runs} runs, 0 differences`, { ...tally, seats });
  expect(tally.runs).toBe(seeds.length);
  expect(replayed).toBe(undefined);
});

describe('the runs name', () => {
  it.each(flaws)('$what: not “$breaks”', async (flaw) => {
    expect(await foundIn(flaw)).toContain(`${flaw.breaks} – broken`);
  });
});

async function playAll(seeds: readonly number[]): Promise<Tally & { readonly seats: number }> {
  const waiting = seeds.values();
  const total = { ...noTally(), seats: 0 };
  const playLane = () =>
    onDatabase(async (pool) => {
      for (const tally of await playSome(aLane(pool, ourParts), waiting)) {
        for (const [what, count] of Object.entries(tally)) total[what as keyof Tally] += count;
      }
      total.seats += await judgeAll(pool);
    });
  await Promise.all(Array.from({ length: Math.min(lanes, seeds.length) }, playLane));
  return total;
}

/** The first run that breaks the promise; runs that end in another way are not looked at. */
async function foundIn({ parts, spoil, breaks }: Flaw): Promise<string> {
  let found = 'nothing';
  await onDatabase(async (pool) => {
    await spoil?.(pool);
    const lane = aLane(pool, parts);
    for (let seed = 0; seed < runsOfFlaw && !found.includes(`${breaks} – broken`); seed++) {
      found = await playSome(lane, [seed]).then(
        () => 'nothing',
        ({ cause }: Error) => String(cause),
      );
    }
  });
  return found;
}

async function onDatabase(work: (pool: pg.Pool) => Promise<void>): Promise<void> {
  const { url, pool, drop } = await createTestDatabase();
  // Nothing here has to survive a crash of the machine, and no session is there yet that would not hear of it.
  await pool.query(`alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
  await addWitness(pool);
  await work(pool).finally(drop);
}

const aLane = (pool: pg.Pool, parts: Parts): Lane => ({ pool, parts, nextRun: 0, outboxPosition: 0 });

async function playSome(lane: Lane, seeds: Iterable<number>): Promise<Tally[]> {
  const tallies: Tally[] = [];
  for (const seed of seeds) {
    tallies.push(
      await playRun(lane, seed).catch((error) => Promise.reject(new Error(`Run ${seed}: ${error}`, { cause: error }))),
    );
  }
  return tallies;
}

function report(verdict: string, counts: Readonly<Record<string, number>>): void {
  const all = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  process.stderr.write(`\n${verdict}: ${all.join(', ')}\n\n`);
}

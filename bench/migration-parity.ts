import { compared as comparedOf } from '@ticketbuddy/mapping';
import { compare } from '@ticketbuddy/parity';
import { compared, interleave } from './contest.ts';
import { startCopying } from './migration-copy.ts';
import { events, type Migration, type Sides } from './migration-sides.ts';

const leastRatio = 0.5;

/** The checksum of both tables, against one scan of each with an MD5 of every row, both at once. */
export async function benchParity({ effort, report, sides }: Migration): Promise<void> {
  const copying = await startCopying(sides);
  await copying.complete();
  await copying.follow();
  await copying.stop();
  const turns = {
    ceiling: () => rate(sides, () => scanBoth(sides)),
    ours: () => rate(sides, () => compareBoth(sides)),
  };
  const { ceiling, ours } = await interleave(effort.rounds, turns);
  report(compared({ name: 'parity', unit: 'rows/s', target: leastRatio }, ours, ceiling));
}

async function compareBoth({ source, target }: Sides): Promise<void> {
  const { verdict } = await compare({ source: source.pool, target: target.pool }, comparedOf(events));
  if (verdict !== 'same') throw new Error(`The copy is said to be not the source: ${verdict}`);
}

async function scanBoth({ source, target }: Sides): Promise<void> {
  const scan = (table: string) => `select count(md5(t::text)) from ${table} as t`;
  await Promise.all([source.pool.query(scan('"Event"."Events"')), target.pool.query(scan('events.events'))]);
}

async function rate({ rows }: Sides, act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await act();
  return (rows * 1_000) / (performance.now() - started);
}

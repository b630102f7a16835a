import { copyIn, copyOut } from '@ticketbuddy/backfill';
import { compared } from '@ticketbuddy/mapping';
import { compare } from '@ticketbuddy/parity';
import { contest } from './contest.ts';
import { legacyChange, startAsker } from './migration-asker.ts';
import { startCopying } from './migration-copy.ts';
import { events, type Migration, type Sides } from './migration-sides.ts';

const changesPerSecond = 200;
const leastRatio = 0.7;

/** The whole table, while it is changed, against COPY from the one database right into the other. */
export async function benchBackfill({ effort, report, sides }: Migration): Promise<void> {
  const { rounds } = effort;
  const turns = { rounds, ceiling: () => pipe(sides), ours: () => copyWhileChanged(sides) };
  report(await contest({ name: 'backfill', unit: 'rows/s', target: leastRatio, ...turns }));
}

/** Answers rows a second; throws when the target is not the source afterwards. */
async function copyWhileChanged(sides: Sides): Promise<number> {
  const { source, target, ids, rows } = sides;
  const changing = startAsker({ url: source.url, sql: legacyChange, ids, perSecond: changesPerSecond });
  const copying = await startCopying(sides);
  const started = performance.now();
  try {
    await copying.complete();
    const seconds = (performance.now() - started) / 1_000;
    await changing.stop();
    await copying.follow();
    const parity = await compare({ source: source.pool, target: target.pool }, compared(events));
    if (parity.verdict !== 'same') throw new Error(`The copy is not the source: ${JSON.stringify(parity)}`);
    return rows / seconds;
  } finally {
    await copying.stop();
  }
}

async function pipe({ source, target, rows }: Sides): Promise<number> {
  await target.pool.query('truncate public.bare');
  await target.pool.query('checkpoint');
  const [from, into] = [await source.pool.connect(), await target.pool.connect()];
  try {
    for (const client of [from, into]) await client.query('set statement_timeout = 0');
    const started = performance.now();
    const lines = await copyIn(into, 'copy public.bare (id, name, starts_at, venue, ends_at, price) from stdin');
    await copyOut(from, 'copy "Event"."Events" to stdout', (line) => lines.write(line));
    await lines.end();
    return (rows * 1_000) / (performance.now() - started);
  } finally {
    for (const client of [from, into]) client.release(true);
  }
}

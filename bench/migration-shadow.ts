import { setTimeout as sleep } from 'node:timers/promises';
import type { Versions } from '@ticketbuddy/shadow';
import { type SeededRandom, seededRandom, until } from '@ticketbuddy/testing';
import { legacyChange, startAsker } from './migration-asker.ts';
import { startCopying } from './migration-copy.ts';
import {
  candidates,
  type Edge,
  openShadow,
  readOf,
  startEdge,
  type Turn,
  turns,
  versionsOf,
} from './migration-edge.ts';
import { type Reads, readOnTime, type ServedUrls, startServers } from './migration-servers.ts';
import { type Migration, pooled } from './migration-sides.ts';
import { arrivals } from './open-loop.ts';
import { shuffle } from './selling-stock.ts';

const [readsPerSecond, changesPerSecond] = [100, 100];
const mostRatio = 1.05;
// A turn is short, and what is left of the one before it is over when it counts.
const [countedSeconds, leftOutSeconds] = [1.5, 0.5];
const [readsEach, readsLeftOut] = [(countedSeconds + leftOutSeconds) * readsPerSecond, leftOutSeconds * readsPerSecond];
// Of less the 99th percentile would be chance.
const secondsMin = 12;
type Latencies = Readonly<Record<Turn, readonly number[]>>;

type World = Migration & { readonly urls: ServedUrls; readonly versions: Versions };

/** What the owner's clients wait while all their reads are compared, and what is told of two systems that are the same. */
export async function benchShadow(migration: Migration): Promise<void> {
  const { source, target } = migration.sides;
  const copying = await startCopying(migration.sides);
  const servers = await startServers({ source: source.url, target: target.url });
  const versions = versionsOf(migration.sides);
  const world = { ...migration, urls: servers.urls, versions };
  try {
    await copying.complete();
    await copying.follow();
    if (migration.wants('shadow.p99')) await benchOwner(world);
    if (migration.wants('shadow.false')) await countFalse(world);
  } finally {
    await versions.stop();
    await copying.stop();
    await servers.stop();
  }
}

async function benchOwner(world: World): Promise<void> {
  const { source, target } = world.sides;
  const edge = await startEdge({ urls: world.urls, databases: { source: source.url, target: target.url } });
  const random = seededRandom(1);
  const rounds: Latencies[] = [];
  // What nobody has run yet is slow: the first round does not count.
  for (let round = 0; round <= world.effort.rounds; round++) rounds.push(await takeTurns(world, edge, random));
  rounds.shift();
  const of = (turn: Turn) => rounds.map((found) => found[turn]);
  const alone = rounds.map((found) => [...found.without, ...found.again]);
  for (const candidate of candidates) world.report(pooled(`shadow.p99.${candidate}`, of(candidate), alone, mostRatio));
  world.report(pooled('shadow.p99.without', of('again'), of('without')));
  await edge.stop();
}

/** All of a round ask the same edge one after the other, so that what slows the machine down meets all of them. */
async function takeTurns({ effort, sides }: World, edge: Edge, random: SeededRandom): Promise<Latencies> {
  const each = Math.ceil(Math.max(effort.seconds, secondsMin) / countedSeconds);
  // The first one does not count.
  const blocks: Turn[][] = [['without'], ...Array.from({ length: each }, () => inSomeOrder(random))];
  const order = blocks.flat();
  await edge.take({ order, readsEach });
  const ms = await readOnTime({ url: edge.url, ...inCrowds(sides.ids, blocks, random) });
  const turnOf = (read: number) => order[Math.floor(read / readsEach)] as Turn;
  const counted = ms
    .map((took, read) => ({ took, read }))
    .filter(({ read }) => read >= readsEach && read % readsEach >= readsLeftOut);
  const found = Object.groupBy(counted, ({ read }) => turnOf(read));
  const of = (turn: Turn) => (found[turn] ?? []).map(({ took }) => took);
  return Object.fromEntries(turns.map((turn) => [turn, of(turn)])) as Record<Turn, number[]>;
}

/** Who waits longest came in a crowd: in each block all turns are asked for the same, in the same crowds. */
function inCrowds(
  ids: readonly string[],
  blocks: readonly Turn[][],
  random: SeededRandom,
): Pick<Reads, 'paths' | 'dueMs'> {
  const [paths, dueMs] = [[] as string[], [] as number[]];
  for (const [nth, block] of blocks.entries()) {
    const crowds = arrivals(readsEach, readsPerSecond, random.below(2 ** 30));
    const asked = Array.from(crowds, (_, read) => pathOf(ids, nth * readsEach + read));
    for (let turn = 0; turn < block.length; turn++) {
      const began = dueMs.at(-1) ?? 0;
      paths.push(...asked);
      dueMs.push(...crowds.map((at) => began + at));
    }
  }
  return { paths, dueMs: Float64Array.from(dueMs) };
}

// Who comes after the same one each time pays for it each time.
function inSomeOrder(random: SeededRandom): Turn[] {
  const order = [...turns];
  shuffle(order, random);
  return order;
}

// So few events that each is read while it changes.
const hot = 200;
const readers = 16;

/** Reads events that change, until so many were compared, and tells how many of them are said to differ: none does. */
async function countFalse({ sides, urls, versions, comparisons, report }: World): Promise<void> {
  const ids = sides.ids.slice(0, hot);
  const changing = startAsker({ url: sides.source.url, sql: legacyChange, ids, perSecond: changesPerSecond });
  const told = { same: 0, different: 0, moved: 0 };
  const count = (_endpoint: string, _outcome: string, reason = '') => {
    if (reason in told) told[reason as keyof typeof told] += 1;
  };
  const shadow = openShadow(urls, versions, 'candidate', { count, differ: () => undefined });
  let nth = 0;
  const read = async () => {
    while (told.same + told.different < comparisons) {
      const [path, since] = [pathOf(ids, nth++), versions.before()];
      const answer = await fetch(`${urls.owner}${path}`);
      const body = [await answer.bytes()];
      shadow.offer(
        readOf(path, {}, since, { status: answer.status, headers: Object.fromEntries(answer.headers), body }),
      );
      while (shadow.load.queued > 0) await sleep(1);
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  await until('all are compared', async () => shadow.load.queued + shadow.load.inFlight === 0);
  const changes = await changing.stop();
  await shadow.stop();
  const unit = `of ${told.same + told.different} compared, during ${changes.length} changes`;
  report({
    name: 'shadow.false',
    value: told.different,
    unit,
    ceiling: 0,
    ratio: told.different,
    target: 0,
    atMost: true,
  });
}

function pathOf(ids: readonly string[], nth: number): string {
  return `/events/${ids[(nth * 7_919) % ids.length]}`;
}

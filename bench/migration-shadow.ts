import { setTimeout as sleep } from 'node:timers/promises';
import { createShadow, createTally, openVersions, type Recording, type Versions } from '@ticketbuddy/shadow';
import { openUpstream } from '@ticketbuddy/shadow/upstream';
import { type SeededRandom, seededRandom, until } from '@ticketbuddy/testing';
import { legacyChange, startAsker } from './migration-asker.ts';
import { place, startCopying } from './migration-copy.ts';
import { type Edge, readOf, startEdge } from './migration-edge.ts';
import { readOnTime, type ServedUrls, startServers } from './migration-servers.ts';
import { events, type Migration, pooled } from './migration-sides.ts';
import { shuffle } from './selling-stock.ts';

const [readsPerSecond, changesPerSecond] = [100, 100];
const mostRatio = 1.05;
// A turn is short, and what is left of the one before it is over when it counts.
const [countedSeconds, leftOutSeconds] = [1.5, 0.5];
const [readsATurn, readsLeftOut] = [
  (countedSeconds + leftOutSeconds) * readsPerSecond,
  leftOutSeconds * readsPerSecond,
];
// Of less the 99th percentile would be chance.
const secondsMin = 12;
const candidates = ['candidate', 'hung', 'refusing', 'large'] as const;
const turns = ['without', 'again', ...candidates] as const;

type Turn = (typeof turns)[number];
type Latencies = Readonly<Record<Turn, readonly number[]>>;

type World = Migration & { readonly urls: ServedUrls; readonly versions: Versions };

/** What the owner's clients wait while all their reads are compared, and what is told of two systems that are the same. */
export async function benchShadow(migration: Migration): Promise<void> {
  const { source, target } = migration.sides;
  const copying = await startCopying(migration.sides);
  const servers = await startServers({ source: source.url, target: target.url });
  const unit = { name: place.unit, tables: [events.legacy] };
  const versions = openVersions({ source: source.pool, target: target.pool, place, unit });
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
  const edge = await startEdge(world.urls.owner, world.versions);
  const random = seededRandom(1);
  const rounds: Latencies[] = [];
  // What nobody has run yet is slow: the first round does not count.
  for (let round = 0; round <= world.effort.rounds; round++) rounds.push(await takeTurns(world, edge, random));
  rounds.shift();
  const of = (turn: Turn) => rounds.map((found) => found[turn]);
  for (const candidate of candidates) {
    world.report(pooled(`shadow.p99.${candidate}`, of(candidate), of('without'), mostRatio));
  }
  world.report(pooled('shadow.p99.without', of('again'), of('without')));
  await edge.stop();
}

/** All of a round ask the same edge one after the other, so that what slows the machine down meets all of them. */
async function takeTurns(world: World, edge: Edge, random: SeededRandom): Promise<Latencies> {
  const { effort, sides, urls, versions } = world;
  const record = createTally(() => Temporal.Now.instant());
  const shadows = new Map(
    candidates.map((candidate) => [candidate as Turn, openShadow(urls, versions, candidate, record)]),
  );
  const each = Math.ceil(Math.max(effort.seconds, secondsMin) / countedSeconds);
  // The first one does not count.
  const order: readonly Turn[] = ['without', ...Array.from({ length: each }, () => inSomeOrder(random)).flat()];
  const turnOf = (read: number) => order[Math.floor(read / readsATurn)] as Turn;
  edge.shadowWith((read) => shadows.get(turnOf(read))?.shadow);
  const paths = Array.from({ length: order.length * readsATurn }, (_, nth) => pathOf(sides.ids, nth));
  const ms = await readOnTime({ url: edge.url, paths, perSecond: readsPerSecond });
  edge.shadowWith(() => undefined);
  await Promise.all([...shadows.values()].map(({ stop }) => stop()));
  const counted = ms
    .map((took, read) => ({ took, read }))
    .filter(({ read }) => read >= readsATurn && read % readsATurn >= readsLeftOut);
  const found = Object.groupBy(counted, ({ read }) => turnOf(read));
  const of = (turn: Turn) => (found[turn] ?? []).map(({ took }) => took);
  return Object.fromEntries(turns.map((turn) => [turn, of(turn)])) as Record<Turn, number[]>;
}

// Who comes after the same one each time pays for it each time.
function inSomeOrder(random: SeededRandom): Turn[] {
  const order = [...turns];
  shuffle(order, random);
  return order;
}

function openShadow(urls: ServedUrls, versions: Versions, candidate: keyof ServedUrls, record: Recording) {
  const upstreams = { control: openUpstream(urls.owner), candidate: openUpstream(urls[candidate]) };
  const shadow = createShadow({ ...upstreams, versions, rules: { arrays: [] }, record, budget: { inFlightMax: 32 } });
  const stop = async () => {
    await shadow.stop();
    await Promise.all([upstreams.control.close(), upstreams.candidate.close()]);
  };
  return { shadow, stop };
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
  const { shadow, stop } = openShadow(urls, versions, 'candidate', { count, differ: () => undefined });
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
  await stop();
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

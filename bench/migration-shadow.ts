import { setTimeout as sleep } from 'node:timers/promises';
import { createShadow, createTally, openVersions, type Recording, type Versions } from '@ticketbuddy/shadow';
import { openUpstream } from '@ticketbuddy/shadow/upstream';
import { until } from '@ticketbuddy/testing';
import { interleave } from './contest.ts';
import { legacyChange, startAsker } from './migration-asker.ts';
import { place, startCopying } from './migration-copy.ts';
import { type Edge, readOf, startEdge } from './migration-edge.ts';
import { readOnTime, type ServedUrls, startServers } from './migration-servers.ts';
import { events, latencies, type Migration } from './migration-sides.ts';
import { quantile } from './open-loop.ts';

const [readsPerSecond, changesPerSecond] = [100, 100];
const mostRatio = 1.05;
// In two seconds the 99th percentile would be the second of all.
const secondsMin = 5;
const candidates = ['candidate', 'hung', 'refusing', 'large'] as const;

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
  const { effort, report, urls, versions } = world;
  const edge = await startEdge(urls.owner, versions);
  const turn = (candidate?: keyof ServedUrls) => () => p99(world, edge, candidate);
  const shadowed = candidates.map((candidate) => [candidate, turn(candidate)] as const);
  const turns = { without: turn(), again: turn(), ...Object.fromEntries(shadowed) };
  const found: Readonly<Record<string, readonly number[]>> = await interleave(effort.rounds, turns);
  const without = found.without ?? [];
  for (const candidate of candidates) {
    report(latencies(`shadow.p99.${candidate}`, found[candidate] ?? [], without, mostRatio));
  }
  report(latencies('shadow.p99.without', found.again ?? [], without));
  await edge.stop();
}

async function p99(
  { effort, sides, urls, versions }: World,
  edge: Edge,
  candidate?: keyof ServedUrls,
): Promise<number> {
  const shadow =
    candidate &&
    openShadow(
      urls,
      versions,
      candidate,
      createTally(() => Temporal.Now.instant()),
    );
  edge.shadowWith(shadow?.shadow);
  const seconds = 1 + Math.max(effort.seconds, secondsMin);
  const paths = Array.from({ length: seconds * readsPerSecond }, (_, nth) => pathOf(sides.ids, nth));
  const ms = await readOnTime({ url: edge.url, paths, perSecond: readsPerSecond });
  edge.shadowWith(undefined);
  await shadow?.stop();
  return quantile(ms, 0.99);
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

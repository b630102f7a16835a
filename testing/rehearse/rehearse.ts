import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordHistory } from '../history/history.ts';
import { judge } from '../history/judge.ts';
import { readRows } from '../history/store.ts';
import { tapMessages } from '../history/tap.ts';
import { startTraffic } from '../history/traffic.ts';
import { seededRandom } from '../seeded-random.ts';
import { figuresOf, type Report, soFar } from './figures.ts';
import { addLegacyRows } from './legacy-rows.ts';
import type { Options } from './options.ts';
import { playRounds, type Round } from './rounds.ts';
import { standText } from './stand-text.ts';
import { countThings } from './things.ts';
import type { Step, View } from './view.ts';
import { startWorld, type World } from './world.ts';

export type Rehearsal = {
  readonly options: Options;
  readonly view: View;
  readonly whenStopIsDue: (stop: () => Promise<void>) => void;
};

/** Plays the whole move, and answers what it showed. Throws when a part of it does not come about at all. */
export async function rehearse({ options, view, whenStopIsDue }: Rehearsal): Promise<Report> {
  const world = await startWorld({ gateways: options.gateways, triggers: options.triggers, view, whenStopIsDue });
  try {
    return await play(world, options, view);
  } catch (error) {
    for (const actor of world.actors.values()) view.say(`${actor.name} said last: ${actor.log().slice(-600)}`);
    throw error;
  } finally {
    await view.step('Ending what was started', () => world.stop());
  }
}

async function play(world: World, options: Options, view: View): Promise<Report> {
  const { pools, urls, actors } = world;
  const { rows, seed, ratePerSecond } = options;
  const thingsBefore = await view.step(`Adding ${rows} events to the legacy`, async () => {
    await addLegacyRows(pools.legacy, rows);
    return countThings(pools.legacy);
  });
  for (const [name, actor] of actors)
    if (name.startsWith('gateway')) await view.step(`Starting ${name}`, () => actor.start());
  const tap = await tapMessages(world.amqpUrl);
  const history = recordHistory('Show', options.history);
  view.watch(() => soFar(history));
  const traffic = startTraffic({ urls, history, seed, ratePerSecond });
  // A gateway ends only when nobody asks it any more.
  world.endBefore(() => traffic.stop());
  await view.step(`Clients ask ${ratePerSecond} times a second`, () => sleep(1_000));
  await view.step('migrate start: the rows are copied while clients write', async (step) => {
    await actors.get('worker')?.start();
    await Promise.all([untilGatesAreOpen(world, step), wake(world, wakingMs)]);
  });
  await view.step('Letting what has just started get used to the load', () => wake(world, settlingMs));
  const rounds = await playRounds(world, { ...options, random: seededRandom(seed) }, view);
  const messages = await view.step('Letting the clients finish', async () => {
    await sleep(1_000);
    await traffic.stop();
    const told = [...(await tap.drain())];
    await untilStill(world);
    return told;
  });
  const judged = await view.step('Judging every request', async () => {
    const owner = rounds.at(-1)?.to ?? 'legacy';
    const [legacy, next] = [await readRows(pools.legacy, 'legacy'), await readRows(pools.next, 'next')];
    const verdict = judge(history, { legacy, next, owner, toldUntil: toldUntil(rounds) }, messages);
    const verified = await world.migrate('verify', 'events', '--json');
    const journal = await world.migrate('journal', '--json');
    await tap.stop();
    await history.close();
    return { verdict, verified, journal };
  });
  const removed = await view.step('migrate abandon: nothing is to be left in the legacy', async () => {
    await actors.get('worker')?.end('SIGTERM');
    const abandoned = await world.migrate('abandon', 'events', '--confirm', 'events');
    const left = (await countThings(pools.legacy)).filter((thing) => !thingsBefore.includes(thing));
    return { abandoned, left };
  });
  return figuresOf({ options, history, rounds, ...judged, ...removed, capped: traffic.capped });
}

/** What the legacy has not told until it is switched is told then; what the new system changes is told anyway. */
function toldUntil(rounds: readonly Round[]): number {
  const isNext = rounds.at(-1)?.to === 'next';
  return isNext ? Number.POSITIVE_INFINITY : (rounds.findLast(({ to }) => to === 'next')?.from ?? 0);
}

const wakingMs = 4_000;
// Nobody switches a system whose processes are a few seconds old and still compile what they run.
const settlingMs = 6_000;

/**
 * A new system that has answered nothing yet is slow for a while. It is asked for events, and to make and to change some, which its
 * database has to refuse: the legacy owns them. Throws when it does not.
 */
async function wake({ shopUrl, pools }: World, ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(10)) {
    const { rows } = await pools.next.query<{ id: string }>('select id from events.events order by random() limit 1');
    const event = `${shopUrl}/events/${rows[0]?.id ?? randomUUID()}`;
    await (await fetch(event)).arrayBuffer();
    await refusedWrite('PUT', event);
    await refusedWrite('POST', `${shopUrl}/events`);
  }
}

async function refusedWrite(method: string, url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const [StartDate, EndDate] = ['2090-01-01T00:00:00Z', '2090-01-01T01:00:00Z'];
  const body = JSON.stringify({ EventName: 'None', StartDate, EndDate, Venue: 1, Price: 1 });
  const answer = await fetch(url, { method, headers, body });
  await answer.arrayBuffer();
  if (answer.ok)
    throw new Error(`the new system answers ${answer.status} to a ${method} while the legacy owns the events`);
}

const openMsMax = 120_000;

async function untilGatesAreOpen(world: World, step: Step): Promise<void> {
  const until = performance.now() + openMsMax;
  for (;;) {
    const { code, out, err } = await world.migrate('status', 'events');
    if (code === 0) return;
    step.at(standText(out));
    if (performance.now() > until) throw new Error(`the gates did not open:\n${out}${err}`);
    // To ask costs most of a core for a second.
    await sleep(2_000);
  }
}

/** Nobody writes any more: both ways are to be empty. */
async function untilStill(world: World): Promise<void> {
  await world.migrate('status', 'events');
  await sleep(2_500);
}

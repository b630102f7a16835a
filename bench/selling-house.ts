import { seededRandom } from '@ticketbuddy/testing';
import { request } from 'undici';
import { closedLoop, rateOf } from './closed-loop.ts';
import { bounded, compared, interleave, tenths } from './contest.ts';
import { arrivals, openLoop, quantile } from './open-loop.ts';
import { teach } from './selling-answers.ts';
import { holdShot } from './selling-requests.ts';
import type { SellingShop } from './selling-shop.ts';
import { type Group, groupsOf, openStadium, shuffle, stadiumSeats } from './selling-stock.ts';
import { startWatchers, type Watchers } from './selling-watchers.ts';
import { allAnswered, connections, holdAll, inTurn, purchaseAll, type World } from './selling-world.ts';
import { bare } from './wire-connection.ts';

const leastRatio = 0.8;
const bytesMax = 25_000;
const watcherCount = 1_000;
const changesPerSecond = 20;
const changeMsMax = 250;

/** What a reader of 80,000 seats costs, and how soon 1,000 watchers know of a change. */
export async function benchHouse(world: World): Promise<void> {
  const { shop, tell, wants } = world;
  tell('seat-status, seat-changes: a stadium is filled');
  const eventId = await openStadium(shop);
  const free = await fillPartly(shop, eventId);
  if (wants('seat-status')) await benchStatus(world, eventId);
  if (wants('seat-changes')) await benchChanges(world, eventId, free);
  await world.audit(shop);
}

/** Holds and sells groups all over the house. Answers those that are left. */
async function fillPartly(shop: SellingShop, eventId: string): Promise<Group[]> {
  const groups = groupsOf(eventId, stadiumSeats);
  shuffle(groups, seededRandom(1));
  const taken = groups.splice(0, groups.length * 0.4);
  await holdAll(shop, inTurn(taken));
  const held = shop.records.unsold().filter((hold) => hold.eventId === eventId);
  await purchaseAll(shop, inTurn(held.slice(0, held.length / 2)));
  return groups;
}

async function benchStatus({ effort, tell, report, ceiling, shop }: World, eventId: string): Promise<void> {
  const path = `/v2/events/${eventId}/seat-status`;
  const { headers, body } = await readStatus(`${shop.urls[0]}${path}`);
  await teach(ceiling, 'seat-status', JSON.stringify({ headers, base64: body.toString('base64') }));
  report(bounded('seat-status.size', body.length, 'bytes', bytesMax));
  const shot = { request: bare('GET', path, 'accept-encoding: br\r\n'), about: undefined };
  const turn = (urls: readonly string[]) => async () => {
    const done = await closedLoop({ urls, connections, seconds: effort.seconds, next: () => shot, dropBodies: true });
    allAnswered(200, done.exchanges);
    return rateOf(done);
  };
  const turns = { ceiling: turn([ceiling.url]), ours: turn(shop.urls) };
  const did = await interleave(effort.rounds, turns, (round) => tell('seat-status', round));
  report(compared({ name: 'seat-status', unit: 'requests/s', target: leastRatio }, did.ours, did.ceiling));
}

// Of the connection and the moment, not of the answer.
const notOfTheAnswer = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);

/** As it is on the wire, compressed. */
async function readStatus(url: string) {
  const answer = await request(url, { headers: { 'accept-encoding': 'br' } });
  const body = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) throw new Error(`the seat status was answered ${answer.statusCode}: ${body}`);
  const headers = Object.entries(answer.headers).filter(([name]) => !notOfTheAnswer.has(name));
  return { body, headers: Object.fromEntries(headers) };
}

/** From when a hold is to be asked for until each of the watchers has been told of it. */
async function benchChanges({ effort, tell, report, shop }: World, eventId: string, free: Group[]): Promise<void> {
  const watchers = await startWatchers(shop.urls, eventId, watcherCount);
  const ms: number[] = [];
  for (let round = 0; round <= effort.rounds; round++) {
    tell('seat-changes', round);
    const waits = await holdWatched(shop, watchers, free.splice(0, effort.seconds * changesPerSecond));
    if (round > 0) for (const wait of waits) ms.push(wait);
  }
  watchers.close();
  report(bounded('seat-changes', tenths(quantile(ms, 0.99)), 'ms', changeMsMax));
}

async function holdWatched({ urls, records }: SellingShop, watchers: Watchers, groups: readonly Group[]) {
  const shots = groups.map((group) => holdShot(group));
  const exchanges = await openLoop({ urls, shots, dueMs: arrivals(shots.length, changesPerSecond) });
  const dueAt = new Map<number, number>();
  for (const { about, body, at } of allAnswered(201, exchanges)) {
    dueAt.set(records.held(about, body).seats[0] ?? 0, at);
  }
  const told = await watchers.told(groups.map(({ first }) => first));
  return [...told].flatMap(([seat, times]) => times.map((time) => time - (dueAt.get(seat) ?? 0)));
}

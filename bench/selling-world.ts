import { closedLoop, type Exchange, rateOf } from './closed-loop.ts';
import type { Running } from './processes.ts';
import type { Effort, Report } from './report.ts';
import type { Hold } from './selling-records.ts';
import { holdShot, purchaseShot, releaseShot } from './selling-requests.ts';
import type { Databases, SellingShop } from './selling-shop.ts';
import { type Group, groupSize, type Stock } from './selling-stock.ts';

/** What every scenario has at hand. */
export type World = {
  readonly effort: Effort;
  /** How many api processes a shop has. */
  readonly processes: number;
  /** Whether a figure was asked for. */
  readonly wants: (figure: string) => boolean;
  readonly report: Report;
  /** Says what is running; round 0 is the one that does not count. */
  readonly tell: (what: string, round?: number) => void;
  readonly databases: Databases;
  readonly ceiling: Running;
  readonly shop: SellingShop;
  readonly stock: Stock;
  /** Compares everything that the shop's buyers were told since the last time with its tables. */
  readonly audit: (shop: SellingShop) => Promise<void>;
};

export const connections = 64;
// A turn is ended by its time: no shop on two cores answers as many as that in a second.
export const mostPerSecond = 12_000;

/** Holds of groups that nobody has asked for, as many as the time allows: all are granted. Answers how many a second. */
export async function holdFor(seconds: number, shop: SellingShop, stock: Stock): Promise<number> {
  await stock.atLeast(seconds * mostPerSecond);
  return holdAll(shop, () => stock.next(), seconds);
}

/** Holds of these groups, all of which are granted, until there are no more. Answers how many a second. */
export async function holdAll(
  { urls, records }: Pick<SellingShop, 'urls' | 'records'>,
  next: () => Group | undefined,
  seconds = Number.POSITIVE_INFINITY,
): Promise<number> {
  const done = await closedLoop({ urls, connections, seconds, next: () => shotOf(next(), holdShot) });
  for (const { about, body } of allAnswered(201, done.exchanges)) records.held(about, body);
  return rateOf(done);
}

/** Purchases of these holds, all of which are granted. Answers how many a second. */
export async function purchaseAll(
  { urls, records }: Pick<SellingShop, 'urls' | 'records'>,
  next: () => Hold | undefined,
  seconds = Number.POSITIVE_INFINITY,
): Promise<number> {
  const done = await closedLoop({ urls, connections, seconds, next: () => shotOf(next(), purchaseShot) });
  for (const { about, body } of allAnswered(201, done.exchanges)) records.sold(about, body);
  return rateOf(done);
}

export async function releaseAll(
  { urls, records }: Pick<SellingShop, 'urls' | 'records'>,
  holds: readonly Hold[],
): Promise<void> {
  const next = inTurn(holds);
  const seconds = Number.POSITIVE_INFINITY;
  const done = await closedLoop({ urls, connections, seconds, next: () => shotOf(next(), releaseShot) });
  for (const { about } of allAnswered(204, done.exchanges)) records.released(about);
}

/** As many of the shop's holds as are asked for that are not bought yet; makes those that are missing. */
export async function holdsToBuy(shop: SellingShop, stock: Stock, count: number): Promise<Hold[]> {
  const missing = count - lasting(shop).length;
  if (missing > 0) {
    await stock.atLeast(missing);
    let left = missing;
    await holdAll(shop, () => (left-- > 0 ? stock.next() : undefined));
  }
  return lasting(shop);
}

// Those that do not end while they are being bought.
function lasting({ records }: SellingShop): Hold[] {
  const soon = Date.now() + 120_000;
  return records.unsold().filter(({ heldUntil }) => Date.parse(heldUntil) > soon);
}

/** The same requests to the bare server, with seats that nobody keeps. Answers how many a second. */
export async function ceilingFor<T>(
  seconds: number,
  { url }: Running,
  next: () => { readonly request: string; readonly about: T },
): Promise<number> {
  const done = await closedLoop({ urls: [url], connections, seconds, next });
  allAnswered(201, done.exchanges);
  return rateOf(done);
}

/** Groups of no event in particular, for the bare server. */
export function anyGroups(): () => Group {
  let nth = 0;
  const eventId = 'e0e00000-0000-4000-8000-000000000001';
  return () => ({ eventId, first: 1 + groupSize * (nth++ % 20_000) });
}

/** Throws at the first answer with another status: a shop that refuses is not measured. */
export function allAnswered<T>(expected: number, exchanges: readonly Exchange<T>[]): readonly Exchange<T>[] {
  const other = exchanges.find(({ status }) => status !== expected);
  if (other) throw new Error(`expected ${expected}, was answered ${other.status}: ${other.body}`);
  return exchanges;
}

export function inTurn<T>(items: readonly T[]): () => T | undefined {
  let at = 0;
  return () => items[at++];
}

function shotOf<S, T>(subject: S | undefined, toShot: (subject: S) => T): T | undefined {
  return subject === undefined ? undefined : toShot(subject);
}

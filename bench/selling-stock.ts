import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SeededRandom, seededRandom } from '@ticketbuddy/testing';
import type pg from 'pg';
import type { SellingShop } from './selling-shop.ts';
import { announce } from './stock.ts';

export const stadiumSeats = 80_000;
/** How many seats a buyer wants, all or none. */
export const groupSize = 4;
// As many are on sale at the same time.
const atOnce = 4;

/** Seats beside each other that nobody has asked for yet. */
export type Group = { readonly eventId: string; readonly first: number };

let announced = 0;

/**
 * Announces a stadium's event as its organiser does, waits for its 80,000 seats, and looks at them once, as people do
 * before they buy. Answers its id.
 */
export async function openStadium({ urls, pool }: SellingShop): Promise<string> {
  const id = await announce(urls[0] ?? '', announced++, 'StadiumOfTheNorth');
  while (!(await isOnSale(pool, id))) await sleep(20);
  for (const url of urls) await lookAt(`${url}/v2/events/${id}/seat-status`);
  return id;
}

async function isOnSale(pool: pg.Pool, eventId: string): Promise<boolean> {
  const { rowCount } = await pool.query('select from tickets.sales where event_id = $1', [eventId]);
  return rowCount === 1;
}

async function lookAt(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${url} was answered ${answer.status}`);
}

/** An event with as many seats as asked for, which no venue has: written as the announcement would. Answers its id. */
export async function openHouse({ pool }: Pick<SellingShop, 'pool'>, capacity: number): Promise<string> {
  const id = randomUUID();
  await pool.query(
    `with event as (
       insert into tickets.events (id, name, starts_at, ends_at, venue, capacity, price_pence, version, sent_at)
       values ($1::uuid, 'House', '2040-01-01', '2040-01-02', 10, $2::int, 4250, 1, now())
     )
     insert into tickets.sales (event_id, version, unsold) values ($1::uuid, 1, $2::int)`,
    [id, capacity],
  );
  await pool.query(
    `with made as (
       insert into tickets.seats (event_id, number, id, price_pence)
       select $1::uuid, number, gen_random_uuid(), 4250 from generate_series(1, $2::int) as n (number)
       returning number, id
     )
     insert into tickets.ledger (event_id, version, nth, kind, numbers, seat_ids, price_pence, at)
     select $1::uuid, 1, 0, 'created', array_agg(number order by number), array_agg(id order by number), 4250, now()
     from made`,
    [id, capacity],
  );
  // As it is in a shop that has been running for a minute.
  await pool.query('analyze tickets.seats');
  return id;
}

/** Groups of free seats, all over the house as buyers choose them, of as many stadiums as are needed. */
export class Stock {
  readonly #shop: SellingShop;
  readonly #size: number;
  readonly #random = seededRandom(1);
  #groups: Group[] = [];

  constructor(shop: SellingShop, size = groupSize) {
    this.#shop = shop;
    this.#size = size;
  }

  async atLeast(groups: number): Promise<void> {
    while (this.#groups.length < groups) {
      const ids: string[] = [];
      for (let nth = 0; nth < atOnce; nth++) ids.push(await openStadium(this.#shop));
      const opened = ids.flatMap((id) => groupsOf(id, stadiumSeats, this.#size));
      shuffle(opened, this.#random);
      // What is left of the stadiums before goes first.
      this.#groups = [...opened, ...this.#groups];
      await tidyUp(this.#shop);
    }
  }

  next(): Group | undefined {
    return this.#groups.pop();
  }
}

/** An event is announced long before its sale begins, and by then the database has tidied up after all that was before. */
export async function tidyUp({ pool }: SellingShop): Promise<void> {
  await pool.query('vacuum (analyze) tickets.seats');
  await pool.query('vacuum (analyze) tickets.ledger');
  await pool.query('checkpoint');
}

/** All groups of an event. */
export function groupsOf(eventId: string, capacity: number, size = groupSize): Group[] {
  return Array.from({ length: Math.floor(capacity / size) }, (_, nth) => ({ eventId, first: nth * size + 1 }));
}

export function shuffle<T>(items: T[], random: SeededRandom): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
}

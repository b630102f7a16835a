import { randomBytes, randomUUID } from 'node:crypto';
import { seededRandom } from '@ticketbuddy/testing';
import type pg from 'pg';
import { type Group, groupSize, groupsOf, shuffle, stadiumSeats } from './selling-stock.ts';

const connections = 32;
// As of an order among 16 that were signed together.
const proof = randomBytes(140);

/**
 * Tables with the columns, checks and keys of the shop's own, but without their triggers, and 80,000 free seats in them:
 * what is measured against them does the same row changes and asks nothing.
 */
export async function createBareSales(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create schema bare;
    create table bare.seats (like tickets.seats including all) with (fillfactor = 60);
    create table bare.ledger (like tickets.ledger including all);
    create table bare.orders (like tickets.orders including all);
    create table bare.idempotency (like tickets.idempotency including all);
    create sequence bare.version`);
}

/** Sells a stadium straight in SQL, a transaction a request, for so long or until it is sold out. Seats sold a second. */
export async function sellBare(pool: pg.Pool, seconds: number): Promise<number> {
  const eventId = randomUUID();
  await pool.query(
    `insert into bare.seats (event_id, number, id, price_pence)
     select $1::uuid, number, gen_random_uuid(), 4250 from generate_series(1, $2::int) as number`,
    [eventId, stadiumSeats],
  );
  // Without it the planner may look through the whole house for each buyer.
  await pool.query('analyze bare.seats');
  const groups = groupsOf(eventId, stadiumSeats);
  shuffle(groups, seededRandom(1));
  const started = performance.now();
  const end = started + seconds * 1000;
  let sold = 0;
  const buyer = async () => {
    for (let group = groups.pop(); group && performance.now() < end; group = groups.pop()) {
      await buy(pool, group);
      sold += groupSize;
    }
  };
  await Promise.all(Array.from({ length: connections }, buyer));
  return (sold * 1000) / (performance.now() - started);
}

async function buy(pool: pg.Pool, { eventId, first }: Group): Promise<void> {
  const [userId, holdId, orderId] = [randomUUID(), randomUUID(), randomUUID()];
  const seats = Array.from({ length: groupSize }, (_, nth) => first + nth);
  const now = new Date();
  const until = new Date(now.getTime() + 900_000).toISOString();
  await pool.query(holdSql, [eventId, seats, userId, holdId, now.toISOString(), until]);
  const boughtAt = new Date().toISOString();
  const key = [`buy:${eventId}:${userId}`, randomUUID(), Buffer.alloc(32), JSON.stringify({ orderId })];
  await pool.query(purchaseSql, [eventId, seats, userId, orderId, orderId.slice(0, 12), boughtAt, ...key, proof]);
}

// Each is one statement and commits by itself: no other way needs fewer trips.
const holdSql = `
  insert into bare.ledger (event_id, version, nth, kind, numbers, user_id, hold_id, held_since, held_until, at)
  values ($1, nextval('bare.version'), 0, 'held', $2, $3, $4, $5, $6, $5)`;

const purchaseSql = `
  with changed as (
    update bare.seats set owner_id = $3, sold_at = $6
    where event_id = $1 and number = any($2::int[]) and owner_id is null
  ), entered as (
    insert into bare.ledger (event_id, version, nth, kind, numbers, user_id, order_id, at)
    values ($1, nextval('bare.version'), 0, 'sold', $2, $3, $4, $6)
  ), ordered as (
    insert into bare.orders (id, number, event_id, user_id, numbers, total_pence, bought_at, proof)
    values ($4, $5, $1, $3, $2, 17000, $6, $11)
  )
  insert into bare.idempotency (scope, key, request_hash, answer, created_at) values ($7, $8, $9, $10, $6)`;

import { type Selectable, sql } from 'kysely';
import type { Order } from './order.ts';
import type { Querying } from './store-sales.ts';
import type { DB } from './tables.gen.ts';

/** A seat of an order, as it was sold. */
export type OrderedSeat = { readonly number: number; readonly id: string; readonly pricePence: number };

/** An order and its seats, in its order; `undefined` when there is none of this id. */
export async function findOrder(
  { query }: { readonly query: Querying },
  id: string,
): Promise<{ readonly order: Order; readonly seats: readonly OrderedSeat[] } | undefined> {
  const { rows } = await sql<Selectable<DB['orders']> & { seat_ids: string[]; prices: number[] }>`
    select o.*, s.* from tickets.orders as o, lateral (
      select array_agg(s.id order by n.nth) as seat_ids, array_agg(s.price_pence order by n.nth) as prices
      from unnest(o.numbers) with ordinality as n (number, nth)
      join tickets.seats as s on s.event_id = o.event_id and s.number = n.number
    ) as s where o.id = ${id}`.execute(query);
  const [row] = rows;
  if (!row) return undefined;
  const seats = row.numbers.map((number, nth) => ({
    number,
    id: row.seat_ids[nth] ?? '',
    pricePence: Number(row.prices[nth]),
  }));
  return { order: toOrder(row), seats };
}

function toOrder(row: Selectable<DB['orders']>): Order {
  return {
    id: row.id,
    number: row.number,
    eventId: row.event_id,
    userId: row.user_id,
    seats: row.numbers,
    totalPence: row.total_pence,
    boughtAt: row.bought_at,
    proof: row.proof ?? undefined,
  };
}

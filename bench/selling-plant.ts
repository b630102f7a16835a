import type pg from 'pg';

/**
 * Sells a sold seat again, to somebody else, as a shop without guards would: seat, ledger and order agree with each
 * other, and only what the first buyer was told contradicts them. Answers the seat's number.
 */
export async function plantDoubleSale(pool: pg.Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('alter table tickets.seats disable trigger a_sold_seat_keeps_its_buyer_and_price');
    const { rows } = await client.query(`
      with victim as (
        select event_id, number, price_pence, gen_random_uuid() as user_id, gen_random_uuid() as order_id,
          now() as at, (select version + 1 from tickets.sales where event_id = s.event_id) as version
        from tickets.seats as s where owner_id is not null order by sold_at desc limit 1
      ), bumped as (
        update tickets.sales as s set version = v.version from victim as v where s.event_id = v.event_id
      ), seat as (
        update tickets.seats as s set owner_id = v.user_id, sold_at = v.at
        from victim as v where s.event_id = v.event_id and s.number = v.number
      ), entry as (
        insert into tickets.ledger (event_id, version, nth, kind, numbers, user_id, order_id, at)
        select event_id, version, 0, 'sold', array[number], user_id, order_id, at from victim
      ), planted as (
        insert into tickets.orders (id, number, event_id, user_id, numbers, total_pence, bought_at)
        select order_id, 'PLANTED', event_id, user_id, array[number], price_pence, at from victim
      )
      select number from victim`);
    await client.query('alter table tickets.seats enable trigger a_sold_seat_keeps_its_buyer_and_price');
    return rows[0].number;
  } finally {
    client.release();
  }
}

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import { aBoxOfficePerTest, aRequest } from './test-box-office.ts';
import { idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

describe('the database refuses, whoever asks,', () => {
  test.each([
    {
      what: 'to give a sold seat to another buyer',
      statement: `update tickets.seats set owner_id = '${idOf('bob')}' where number = 1`,
      guard: 'a_sold_seat_keeps_its_buyer_and_price',
    },
    {
      what: 'to take a sold seat back',
      statement: 'update tickets.seats set owner_id = null, sold_at = null where number = 1',
      guard: 'a_sold_seat_keeps_its_buyer_and_price',
    },
    {
      what: 'to change the price of a sold seat',
      statement: 'update tickets.seats set price_pence = 1 where number = 1',
      guard: 'a_sold_seat_keeps_its_buyer_and_price',
    },
    {
      what: 'to give a sold seat another number',
      statement: 'update tickets.seats set number = 11 where number = 1',
      guard: 'seats_are_never_renumbered',
    },
    {
      what: 'to give a sold seat another id',
      statement: 'update tickets.seats set id = gen_random_uuid() where number = 1',
      guard: 'seats_are_never_renumbered',
    },
    {
      what: 'to move a sold seat to another event',
      statement: `
        insert into tickets.events
        select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).* from tickets.events as e;
        update tickets.seats set event_id = (select id from tickets.events where id <> event_id) where number = 1`,
      guard: 'seats_are_never_renumbered',
    },
    {
      what: 'to empty the table of seats',
      statement: 'truncate tickets.seats',
      guard: 'a_sold_seat_is_not_swept_away',
    },
    {
      what: 'to delete a sold seat',
      statement: 'delete from tickets.seats where number = 1',
      guard: 'a_sold_seat_stays',
    },
    {
      what: 'a sale without a time',
      statement: `update tickets.seats set owner_id = '${idOf('bob')}' where number = 3`,
      guard: 'a_sale_has_a_time',
    },
    {
      what: 'a hold without an end',
      statement: entered(`'held', '${idOf('bob')}', gen_random_uuid(), now(), null`),
      guard: 'a_hold_is_noted',
    },
    {
      what: 'a hold of nobody knows which buyer',
      statement: entered(`'held', null, gen_random_uuid(), now(), now()`),
      guard: 'a_user_is_noted',
    },
    {
      what: 'a sale that keeps the hold',
      statement: entered(`'sold', '${idOf('bob')}', gen_random_uuid(), now(), now()`),
      guard: 'a_hold_is_noted',
    },
    {
      what: 'a seat beyond the capacity',
      statement: `insert into tickets.seats (event_id, number, id, price_pence) select id, 11, '${randomUUID()}', 0 from tickets.events`,
      guard: 'no_seat_beyond_the_capacity',
    },
    {
      what: 'to give an unsold seat another number',
      statement: 'update tickets.seats set number = 11 where number = 3',
      guard: 'seats_are_never_renumbered',
    },
    {
      what: 'fewer unsold seats than none',
      statement: 'update tickets.sales set unsold = -1',
      guard: 'sales_unsold_check',
    },
    {
      what: 'that an event with unsold seats is sold out',
      statement: 'update tickets.sales set sold_out_at = now()',
      guard: 'sold_out_without_a_seat_left',
    },
    {
      what: 'to change a seat past the version of its sale',
      statement: 'update tickets.seats set price_pence = 1 where number = 3',
      guard: 'seats_change_with_their_sale',
    },
    {
      what: 'to delete a seat past the version of its sale',
      statement: 'delete from tickets.seats where number = 3',
      guard: 'seats_go_with_their_sale',
    },
    {
      what: 'to take an order back',
      statement: 'delete from tickets.orders',
      guard: 'orders_stay',
    },
    {
      what: 'a second seat of one number',
      statement: `insert into tickets.seats (event_id, number, id, price_pence) select id, 3, '${randomUUID()}', 0 from tickets.events`,
      guard: 'seats_pkey',
    },
    {
      what: 'a seat of a negative price',
      statement: 'update tickets.seats set price_pence = -1 where number = 3',
      guard: 'seats_price_pence_check',
    },
    {
      what: 'an event of a negative price',
      statement: 'update tickets.events set price_pence = -1',
      guard: 'events_price_pence_check',
    },
    {
      what: 'to change what is in the ledger',
      statement: 'update tickets.ledger set at = now()',
      guard: 'the_ledger_is_append_only',
    },
    {
      what: 'to delete what is in the ledger',
      statement: 'delete from tickets.ledger',
      guard: 'the_ledger_is_append_only',
    },
    { what: 'to empty the ledger', statement: 'truncate tickets.ledger', guard: 'the_ledger_is_append_only' },
  ])('$what', async ({ statement, guard }) => {
    const { pool } = await aSaleAndAHold();
    await expect(pool.query(statement)).rejects.toMatchObject({ constraint: guard });
  });
});

describe('the database allows', () => {
  test.each([
    { what: 'a new price of a held seat', statement: 'update tickets.seats set price_pence = 1 where number = 2' },
    { what: 'a new price of an open seat', statement: 'update tickets.seats set price_pence = 1 where number = 3' },
    { what: 'to delete an unsold seat', statement: 'delete from tickets.seats where number = 3' },
    {
      what: 'another hold after a hold',
      statement: entered(`'held', '${idOf('bob')}', gen_random_uuid(), now(), now()`),
    },
  ])('$what', async ({ statement }) => {
    const { pool } = await aSaleAndAHold();
    expect(
      await pool.query(`with moved as (update tickets.sales set version = version + 1) ${statement}`),
    ).toMatchObject({ rowCount: 1 });
  });
});

function entered(what: string): string {
  return `
    insert into tickets.ledger (event_id, version, nth, numbers, at, kind, user_id, hold_id, held_since, held_until)
    select event_id, version + 1, 0, array[2], now(), ${what} from tickets.sales`;
}

// Ann has bought seat 1 and holds seat 2.
async function aSaleAndAHold() {
  const boxOffice = await openBoxOffice();
  const [one, two] = await boxOffice.announce();
  await purchaseSeats(boxOffice.deps, [aRequest(idOf('ann'), one)]);
  await reserveSeats(boxOffice.deps, [aRequest(idOf('ann'), two)]);
  return boxOffice;
}

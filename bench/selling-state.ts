import type pg from 'pg';

/** What the tables say of an event. Times are PostgreSQL's text. */
export type EventState = {
  readonly seats: readonly SeatRow[];
  /** In their order, but for those that made the seats and priced them. */
  readonly ledger: readonly LedgerRow[];
  readonly orders: readonly OrderRow[];
  /** How many seats are unsold, as the shop counts them. */
  readonly countedUnsold: number;
  /** How often it was told that the event is sold out. */
  readonly soldOutTold: number;
};

export type SeatRow = {
  readonly number: number;
  readonly price_pence: number;
  readonly owner_id: string | null;
  readonly sold_at: string | null;
};

export type LedgerRow = {
  readonly kind: string;
  readonly numbers: readonly number[];
  readonly user_id: string | null;
  readonly hold_id: string | null;
  readonly at: string;
};

export type OrderRow = {
  readonly id: string;
  readonly number: string;
  readonly user_id: string;
  readonly numbers: readonly number[];
  readonly total_pence: number;
};

/** Read in one snapshot, by statements that share nothing with those that the shop runs, and that need no good plan. */
export async function readState(pool: pg.Pool, eventId: string): Promise<EventState> {
  const client = await pool.connect();
  const rows = async <R>(sql: string) => (await client.query(sql, [eventId])).rows as R[];
  try {
    await client.query('begin isolation level repeatable read read only');
    const state = {
      seats: await rows<SeatRow>(`
        select number, price_pence, owner_id, sold_at::text from tickets.seats where event_id = $1`),
      ledger: await rows<LedgerRow>(`
        select kind, numbers, user_id, hold_id, at::text from tickets.ledger
        where event_id = $1 and kind not in ('created', 'priced') order by version, nth`),
      orders: await rows<OrderRow>(
        'select id, number, user_id, numbers, total_pence from tickets.orders where event_id = $1',
      ),
      countedUnsold: (await countOf(rows('select unsold as count from tickets.sales where event_id = $1'))) ?? 0,
      soldOutTold:
        (await countOf(rows(`select count(*) from tickets.outbox where key = $1 and urn like '%:EventSoldOut'`))) ?? 0,
    };
    await client.query('commit');
    return state;
  } finally {
    client.release();
  }
}

async function countOf(rows: Promise<{ readonly count: number }[]>): Promise<number | undefined> {
  return (await rows)[0]?.count;
}

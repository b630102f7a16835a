import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const lookEveryMs = 5;

/** Makes a running shop empty: waits until no message is under way, then removes every row. */
export async function emptyTables(pool: pg.Pool): Promise<void> {
  while (await isBusy(pool)) await pause(lookEveryMs);
  const client = await pool.connect();
  try {
    // Without its triggers, since the ledger refuses to be emptied.
    await client.query(`
      set session_replication_role = replica;
      truncate events.events, events.outbox, events.inbox, events.sold_out, users.users, users.outbox, tickets.events,
        tickets.seats, tickets.ledger, tickets.outbox, tickets.inbox, tickets.buyers,
        tickets.idempotency, tickets.sales, tickets.orders, broker.messages;
      set session_replication_role = default`);
  } finally {
    client.release();
  }
}

async function isBusy(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query(`
    select exists (select from events.outbox where published_at is null)
      or exists (select from users.outbox where published_at is null)
      or exists (select from tickets.outbox where published_at is null)
      or exists (select from broker.messages where parked_at is null) as busy`);
  return rows[0]?.busy === true;
}

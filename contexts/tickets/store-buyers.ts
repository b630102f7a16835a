import type { Transact } from '@ticketbuddy/postgres/database';
import { sql } from 'kysely';
import type { Buyer } from './buyer.ts';
import type { DB } from './tables.gen.ts';

/** Takes over how a user is now, unless what is known is newer: by the version, or else by the time of sending. */
export async function saveBuyer(tx: Transact<DB>, buyer: Buyer): Promise<void> {
  await sql`
    insert into tickets.buyers as known (id, full_name, email, version, sent_at)
    values (${buyer.id}, ${buyer.fullName}, ${buyer.email}, ${buyer.version ?? null}, ${buyer.sentAt.toString()})
    on conflict (id) do update
    set full_name = excluded.full_name, email = excluded.email, version = excluded.version, sent_at = excluded.sent_at
    where coalesce(known.version < excluded.version, known.sent_at <= excluded.sent_at)`.execute(tx);
}

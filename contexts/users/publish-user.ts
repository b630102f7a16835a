import { randomUUID } from 'node:crypto';
import { type UserUpserted, userUpsertedUrn } from '@ticketbuddy/contracts';
import { addToOutbox } from '@ticketbuddy/messaging';
import type { Transact } from '@ticketbuddy/postgres/database';
import type { DB } from './tables.gen.ts';
import type { User } from './user.ts';

/** Tells the other contexts how the user is now, if and when the transaction commits. */
export async function publishUser(tx: Transact<DB>, user: User, now: Temporal.Instant): Promise<void> {
  const body: UserUpserted = { id: user.id, fullName: user.fullName, email: user.email };
  await addToOutbox(tx, 'users', {
    id: randomUUID(),
    urn: userUpsertedUrn,
    key: user.id,
    version: user.version,
    sentAt: now,
    body,
  });
}

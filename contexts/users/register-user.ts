import { randomUUID } from 'node:crypto';
import type { Deps } from '@ticketbuddy/runtime';
import { publishUser } from './publish-user.ts';
import { emailEmpty, nameEmpty } from './refusals.ts';
import { insertUser, refuseTakenEmail } from './store.ts';
import type { DB } from './tables.gen.ts';
import type { Registration } from './user.ts';

/** Registers a user and answers the id; without a type, a customer. */
export async function registerUser(
  { db, clock }: Deps<DB>,
  said: Registration,
  id: string = randomUUID(),
): Promise<string> {
  const { fullName, email, userType = 'Customer' } = said;
  if (email === undefined) throw emailEmpty();
  await db.transaction(async (tx) => {
    await refuseTakenEmail(tx, email, id);
    if (fullName === undefined) throw nameEmpty();
    const user = { id, fullName, email, userType, version: 1 };
    await insertUser(tx, user);
    await publishUser(tx, user, clock.now());
  });
  return id;
}

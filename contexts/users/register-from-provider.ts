import type { Deps } from '@ticketbuddy/runtime';
import { publishUser } from './publish-user.ts';
import { emailEmpty, nameEmpty } from './refusals.ts';
import { insertUser, lockUser, refuseTakenEmail } from './store.ts';
import type { DB } from './tables.gen.ts';

/** What the identity provider tells of somebody who has registered there. */
export type Registered = { readonly id: string; readonly fullName: string; readonly email: string };

/**
 * Registers a customer who has registered with the identity provider, under the id from there; a user who is known
 * stays as known. The name and the e-mail are the provider's to judge. Throws when another user has the e-mail.
 */
export async function registerFromProvider({ db, clock }: Deps<DB>, said: Registered): Promise<void> {
  if (said.email === '') throw emailEmpty();
  if (said.fullName === '') throw nameEmpty();
  await db.transaction(async (tx) => {
    if (await lockUser(tx, said.id)) return;
    await refuseTakenEmail(tx, said.email, said.id);
    const user = { ...said, userType: 'Customer' as const, version: 1 };
    await insertUser(tx, user);
    await publishUser(tx, user, clock.now());
  });
}

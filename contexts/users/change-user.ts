import type { Deps } from '@ticketbuddy/runtime';
import { publishUser } from './publish-user.ts';
import { emailEmpty, nameEmpty, userUnknown } from './refusals.ts';
import { lockUser, refuseTakenEmail, updateUser } from './store.ts';
import type { DB } from './tables.gen.ts';
import type { Details } from './user.ts';

/** Changes a user's name and e-mail; the type stays. */
export async function changeUser({ db, clock }: Deps<DB>, id: string, { fullName, email }: Details): Promise<void> {
  if (email === undefined) throw emailEmpty();
  await db.transaction(async (tx) => {
    await refuseTakenEmail(tx, email, id);
    const known = await lockUser(tx, id);
    if (!known) throw userUnknown();
    if (fullName === undefined) throw nameEmpty();
    const user = { ...known, fullName, email, version: known.version + 1 };
    await updateUser(tx, user);
    await publishUser(tx, user, clock.now());
  });
}

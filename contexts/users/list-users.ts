import type { Deps } from '@ticketbuddy/runtime';
import { usersAfter } from './store.ts';
import type { DB } from './tables.gen.ts';
import type { User } from './user.ts';

/** One page of all users, in no order to rely on; ask again with the last one for the next page. */
export async function listUsers({ db }: Deps<DB>, after: User | undefined): Promise<readonly User[]> {
  return usersAfter(db, after);
}

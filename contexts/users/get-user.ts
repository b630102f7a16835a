import { absent } from '@ticketbuddy/errors';
import type { Deps } from '@ticketbuddy/runtime';
import { findUser } from './store.ts';
import type { DB } from './tables.gen.ts';
import type { User } from './user.ts';

export async function getUser({ db }: Deps<DB>, id: string): Promise<User> {
  const user = await findUser(db, id);
  if (!user) throw absent('The user');
  return user;
}

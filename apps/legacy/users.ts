import { randomUUID } from 'node:crypto';
import { refusal } from '@ticketbuddy/errors';
import type { UserBody } from './bodies.ts';
import type { Deps } from './deps.ts';
import { userUpserted } from './messages.ts';
import { allUsers, findUser, insertUser, updateUser } from './store.ts';

/** Stores a new user, tells of it and answers the id. Between the check of the e-mail and the row, anybody may take it. */
export async function registerUser(deps: Deps, said: UserBody & { readonly userType: number }): Promise<string> {
  const user = { id: randomUUID(), ...said };
  await judgeEmailIsFree(deps, user);
  await insertUser(deps.pool, user);
  await deps.bus.publish(userUpserted(user));
  return user.id;
}

export async function changeUser(deps: Deps, id: string, said: UserBody): Promise<void> {
  await judgeEmailIsFree(deps, { id, ...said });
  const known = await findUser(deps.pool, id);
  if (!known) throw refusal('user_unknown');
  const user = { ...known, ...said };
  await updateUser(deps.pool, user);
  await deps.bus.publish(userUpserted(user));
}

// A missing e-mail is noticed only when there is one to compare it with; without any, storing the row fails.
async function judgeEmailIsFree({ pool }: Deps, { id, email }: UserBody & { readonly id: string }): Promise<void> {
  const users = await allUsers(pool);
  if (users.length > 0 && email === undefined) throw refusal('email_empty');
  if (users.some((other) => other.email === email && other.id !== id)) throw refusal('email_taken');
}

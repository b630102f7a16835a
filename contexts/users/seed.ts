import { demo, type UserType } from '@ticketbuddy/contracts';
import { Refusal } from '@ticketbuddy/errors';
import { brokenConstraint } from '@ticketbuddy/postgres';
import type { Deps } from '@ticketbuddy/runtime';
import { registerUser } from './register-user.ts';
import { findUser } from './store.ts';
import type { DB } from './tables.gen.ts';

type DemoUser = readonly [id: string, fullName: string, email: string, userType: UserType];

const demoUsers: readonly DemoUser[] = [
  [demo.administratorId, 'Ada Admin', 'ada@example.com', 'Administrator'],
  [demo.customerIds[0], 'Ben Buyer', 'ben@example.com', 'Customer'],
  [demo.customerIds[1], 'Cleo Customer', 'cleo@example.com', 'Customer'],
  [demo.customerIds[2], 'Dev Dancer', 'dev@example.com', 'Customer'],
];

/** Registers the demo users that are not there yet. Answers how many. */
export async function seedUsers(deps: Deps<DB>): Promise<number> {
  let added = 0;
  for (const user of demoUsers) added += (await registered(deps, user)) ? 1 : 0;
  return added;
}

// An address that somebody else took meanwhile is left to them. So is what another start is adding at this moment.
async function registered(deps: Deps<DB>, [id, fullName, email, userType]: DemoUser): Promise<boolean> {
  if (await findUser(deps.db, id)) return false;
  try {
    await registerUser(deps, { fullName, email, userType }, id);
    return true;
  } catch (error) {
    if (error instanceof Refusal || brokenConstraint(error) !== undefined) return false;
    throw error;
  }
}

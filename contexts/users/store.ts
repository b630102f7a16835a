import { userTypes } from '@ticketbuddy/contracts';
import { brokenConstraint } from '@ticketbuddy/postgres';
import type { Database, Transact } from '@ticketbuddy/postgres/database';
import { type Selectable, sql } from 'kysely';
import { emailTaken } from './refusals.ts';
import type { DB } from './tables.gen.ts';
import type { User } from './user.ts';

const pageSize = 500;
const columns = sql`id, full_name, email, user_type, version`;

export async function findUser({ query }: Database<DB>, id: string): Promise<User | undefined> {
  const { rows } = await sql<Selectable<DB['users']>>`
    select ${columns} from users.users where id = ${id}`.execute(query);
  return rows[0] && toUser(rows[0]);
}

export async function lockUser(tx: Transact<DB>, id: string): Promise<User | undefined> {
  const { rows } = await sql<Selectable<DB['users']>>`
    select ${columns} from users.users where id = ${id} for update`.execute(tx);
  return rows[0] && toUser(rows[0]);
}

/** Up to a page of users, by id; with `after`, those that follow it. */
export async function usersAfter({ query }: Database<DB>, after: User | undefined): Promise<User[]> {
  const following = after ? sql`where id > ${after.id}` : sql``;
  const { rows } = await sql<Selectable<DB['users']>>`
    select ${columns} from users.users ${following} order by id limit ${pageSize}`.execute(query);
  return rows.map(toUser);
}

/** Throws when somebody other than `id` has the e-mail, in any case. Two that race past it meet the constraint. */
export async function refuseTakenEmail(tx: Transact<DB>, email: string, id: string): Promise<void> {
  const { rows } = await sql`
    select id from users.users where lower(email) = lower(${email}) and id <> ${id}`.execute(tx);
  if (rows.length > 0) throw emailTaken();
}

export async function insertUser(tx: Transact<DB>, user: User): Promise<void> {
  await sql`
    insert into users.users (id, full_name, email, user_type, version)
    values (${user.id}, ${user.fullName}, ${user.email}, ${userTypes.indexOf(user.userType)}, ${user.version})`
    .execute(tx)
    .catch(refuseDuplicate);
}

export async function updateUser(tx: Transact<DB>, user: User): Promise<void> {
  await sql`
    update users.users set full_name = ${user.fullName}, email = ${user.email}, version = ${user.version}
    where id = ${user.id}`
    .execute(tx)
    .catch(refuseDuplicate);
}

function refuseDuplicate(error: unknown): never {
  throw brokenConstraint(error) === 'one_user_per_email' ? emailTaken() : error;
}

function toUser(row: Selectable<DB['users']>): User {
  const userType = userTypes[row.user_type];
  if (userType === undefined) throw new RangeError(`user ${row.id} has the type ${row.user_type}, which nobody knows`);
  return { id: row.id, fullName: row.full_name, email: row.email, userType, version: row.version };
}

import { createHash } from 'node:crypto';
import pg from 'pg';
import { dropRole, grantMover, hasOthers, isLoggedIn, isRole } from './store.ts';
import { until } from './until.ts';

/**
 * Makes the role as which the migration writes in a database of ours, unless it is there, and answers the database's URL
 * with it. It has the rights of the role that `pool` logs in as. Its name and password follow from who logs in to which
 * database, so that they are the same for every process, wherever the server is found: the embedded one has another port
 * after each start. Fails when that role may not make others.
 */
export async function moverUrl(pool: pg.Pool, url: string): Promise<string> {
  const mover = moverOf(url);
  await grantMover(pool, mover.username, mover.password);
  return mover.toString();
}

/** The same while that role is there, and else `url` as it is: whoever looks has the same rights, and makes nothing. */
export async function knownMoverUrl(pool: pg.Pool, url: string): Promise<string> {
  const mover = moverOf(url);
  return (await isRole(pool, mover.username)) ? mover.toString() : url;
}

/**
 * Drops that role, for whoever has abandoned `unit`; what it has made and is kept belongs to the role of `pool` then. Answers
 * its name when it stays: while there is another unit, while somebody is logged in as it, such as a gateway, and when it has
 * something in another database, or `pool`'s role may not drop it.
 */
export async function dropMover(pool: pg.Pool, url: string, unit: string): Promise<string | undefined> {
  const { username: role } = moverOf(url);
  try {
    if (!(await isRole(pool, role))) return undefined;
    if (await hasOthers(pool, unit)) return role;
    // Who has just ended his own connections is told so before the server has.
    await until(async () => !(await isLoggedIn(pool, role)), AbortSignal.timeout(logOutMsMax));
    await dropRole(pool, role);
    return undefined;
  } catch (error) {
    const reason = error instanceof pg.DatabaseError ? error.code : (error as Error).name;
    if (!reasonsToStay.includes(reason ?? '')) throw error;
    return role;
  }
}

const logOutMsMax = 1_000;
// Nobody logs out; the role has something elsewhere; it may not be dropped.
const reasonsToStay = ['TimeoutError', '2BP01', '42501'];

export function isMover(role: string): boolean {
  return role.startsWith(prefix);
}

const prefix = 'ticketbuddy_mover_';

function moverOf(url: string): URL {
  const mover = new URL(url);
  const who = `${mover.username}:${mover.password}@${mover.pathname}`;
  const secret = createHash('sha256').update(`ticketbuddy mover ${who}`).digest('hex');
  mover.username = `${prefix}${secret.slice(0, 12)}`;
  mover.password = secret.slice(12);
  return mover;
}

import { createHash } from 'node:crypto';
import type pg from 'pg';
import { grantMover, isRole } from './store.ts';

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

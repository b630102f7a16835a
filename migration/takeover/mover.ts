import { createHash } from 'node:crypto';
import type pg from 'pg';
import { grantMover } from './store.ts';

/**
 * Makes the role as which the migration writes in a database of ours, unless it is there, and answers the database's URL
 * with it. It has the rights of the role that `pool` logs in as. Its name and password follow from who logs in to which
 * database, so that they are the same for every process, wherever the server is found: the embedded one has another port
 * after each start. Fails when that role may not make others.
 */
export async function moverUrl(pool: pg.Pool, url: string): Promise<string> {
  const mover = new URL(url);
  const who = `${mover.username}:${mover.password}@${mover.pathname}`;
  const secret = createHash('sha256').update(`ticketbuddy mover ${who}`).digest('hex');
  const role = `ticketbuddy_mover_${secret.slice(0, 12)}`;
  const password = secret.slice(12);
  await grantMover(pool, role, password);
  mover.username = role;
  mover.password = password;
  return mover.toString();
}

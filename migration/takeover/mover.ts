import { createHash } from 'node:crypto';
import type pg from 'pg';
import { grantMover } from './store.ts';

/**
 * Makes the role as which the migration writes in a database of ours, unless it is there, and answers the database's URL
 * with it. It has the rights of the role that `pool` logs in as; its password follows from the URL, so that it is the
 * same for every process. Fails when that role may not make others.
 */
export async function moverUrl(pool: pg.Pool, url: string): Promise<string> {
  const secret = createHash('sha256').update(`ticketbuddy mover ${url}`).digest('hex');
  const role = `ticketbuddy_mover_${secret.slice(0, 12)}`;
  const password = secret.slice(12);
  await grantMover(pool, role, password);
  const mover = new URL(url);
  mover.username = role;
  mover.password = password;
  return mover.toString();
}

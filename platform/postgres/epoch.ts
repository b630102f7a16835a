import { AsyncLocalStorage } from 'node:async_hooks';
import { type Kysely, sql } from 'kysely';

const current = new AsyncLocalStorage<string>();

/**
 * Runs `work` in an epoch (a whole number, as text): its transactions say so to the database, which refuses them when the
 * tables that they write have changed hands since. Anything else counts as none.
 */
export function inEpoch<R>(epoch: unknown, work: () => R): R {
  return typeof epoch === 'string' && /^\d{1,18}$/.test(epoch) ? current.run(epoch, work) : work();
}

/** Says in which epoch the transaction writes, if in any. */
// biome-ignore lint/suspicious/noExplicitAny: it asks no table.
export async function tellEpoch(tx: Kysely<any>): Promise<void> {
  const epoch = current.getStore();
  if (epoch !== undefined) await sql`select set_config('ticketbuddy.epoch', ${epoch}, true)`.execute(tx);
}

import { inSpan } from '@ticketbuddy/telemetry';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import type pg from 'pg';
import { tellEpoch } from './epoch.ts';
import { transactionSpan } from './transaction-span.ts';
import { committing } from './transient.ts';

export { inEpoch } from './epoch.ts';

export type Transact<T> = Transaction<T>;

/** A context's way to its own tables. */
export type Database<T> = {
  /** For single statements; each is its own transaction. */
  readonly query: Kysely<T>;
  /**
   * Runs `work` in one READ COMMITTED transaction and commits it, or rolls back what it threw. A deadlock or
   * serialization failure, which surely changed nothing, is tried twice more; so `work` may run more than once.
   */
  transaction<R>(work: (tx: Transact<T>) => Promise<R>): Promise<R>;
  /** Runs `work`, which only reads, on the state of one moment (REPEATABLE READ); nobody waits for it. */
  snapshot<R>(work: (tx: Transact<T>) => Promise<R>): Promise<R>;
};

export function createDatabase<T>(pool: pg.Pool): Database<T> {
  const query = new Kysely<T>({ dialect: new PostgresDialect({ pool }) });
  return {
    query,
    transaction: (work) =>
      inSpan('transaction', () => retrying(2, () => carriedOut(query, inItsEpoch(work))), transactionSpan),
    snapshot: (work) =>
      query.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
  };
}

/** What fails when all of the work is done, fails in the commit. */
async function carriedOut<T, R>(query: Kysely<T>, work: (tx: Transact<T>) => Promise<R>): Promise<R> {
  const done = Promise.withResolvers<void>();
  const running = query.transaction().execute(async (tx) => {
    const result = await work(tx);
    done.resolve();
    return result;
  });
  await Promise.race([done.promise, running]);
  return committing(() => running);
}

function inItsEpoch<T, R>(work: (tx: Transact<T>) => Promise<R>): (tx: Transact<T>) => Promise<R> {
  return async (tx) => {
    await tellEpoch(tx);
    return work(tx);
  };
}

const rolledBackForSure = new Set(['40001', '40P01']);

async function retrying<R>(times: number, attempt: () => Promise<R>): Promise<R> {
  try {
    return await attempt();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (times === 0 || typeof code !== 'string' || !rolledBackForSure.has(code)) throw error;
    return retrying(times - 1, attempt);
  }
}

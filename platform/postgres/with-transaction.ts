import assert from 'node:assert/strict';
import type pg from 'pg';
import { committing } from './transient.ts';

export type TransactionOptions = {
  /**
   * Its commit does not wait for the disk: a crash of the server may take it back whole. Only for what is then simply
   * done again.
   */
  readonly mayBeForgotten?: boolean;
};

/**
 * Runs `work` in one transaction on a connection of its own, and commits it; rolls back what it threw, and throws the
 * same. A connection that cannot even be rolled back is closed instead of going back to the pool.
 */
export function withTransaction<R>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<R>,
  options: TransactionOptions = {},
): Promise<R> {
  return transaction(pool, async (client) => {
    await client.query(beginning(options));
    return work(client);
  });
}

/**
 * Runs `work` in one transaction that nobody else runs under this name at the same time, in any process. While somebody
 * does, it does nothing, and answers `undefined`.
 */
export function withLock<R>(
  pool: pg.Pool,
  name: string,
  work: (client: pg.PoolClient) => Promise<R>,
  options: TransactionOptions = {},
): Promise<R | undefined> {
  return transaction(pool, async (client) => {
    const lock = `select pg_try_advisory_xact_lock(hashtext(${client.escapeLiteral(name)})) as taken`;
    // All in one way to the server, which then answers each statement.
    const results: unknown = await client.query(`${beginning(options)}; ${lock}`);
    const { rows } = (results as pg.QueryResult[]).at(-1) ?? { rows: [] };
    return rows[0]?.taken === true ? work(client) : undefined;
  });
}

function beginning({ mayBeForgotten = false }: TransactionOptions): string {
  return mayBeForgotten ? 'begin; set local synchronous_commit = off' : 'begin';
}

async function transaction<R>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const result = await work(client);
    const { command } = await committing(() => client.query('commit'));
    // The server answers the commit of a failed transaction with a rollback, and with no error.
    assert.equal(command, 'COMMIT', 'a statement failed and its error was swallowed');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

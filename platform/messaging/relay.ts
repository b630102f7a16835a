import type pg from 'pg';
import type { Broker } from './message.ts';
import { type MessageRow, toMessage } from './message-row.ts';

const batchSize = 500;

type OutboxRow = MessageRow & { readonly position: number };

/**
 * Publishes one batch of what waits in the outbox of `schema`, oldest first, and marks it. Only one process at a time
 * does so per outbox, which keeps the order; in the others the pass does nothing. Killed between publishing and
 * marking, it publishes again: consumers have their inbox. Answers how many messages it published.
 */
export async function relayPass(pool: pg.Pool, schema: string, broker: Broker): Promise<number> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const rows = (await takeRelayLock(client, schema)) ? await waitingRows(client, schema) : [];
    if (rows.length > 0) {
      await broker.publish(rows.map(toMessage));
      await markPublished(client, schema, rows);
    }
    await client.query('commit');
    return rows.length;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Deletes what was published more than `keepMs` ago, at most 10,000 rows a call. Answers how many it deleted. */
export async function pruneOutbox(pool: pg.Pool, schema: string, keepMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from ${schema}.outbox where position in (
       select position from ${schema}.outbox
       where published_at < now() - $1 * interval '1 millisecond' order by position limit 10000)`,
    [keepMs],
  );
  return rowCount ?? 0;
}

async function takeRelayLock(client: pg.PoolClient, schema: string): Promise<boolean> {
  const { rows } = await client.query('select pg_try_advisory_xact_lock(hashtext($1)) as taken', [`relay.${schema}`]);
  return rows[0]?.taken === true;
}

async function waitingRows(client: pg.PoolClient, schema: string): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>(
    `select position, message_id, urn, key, version, sent_at, body
     from ${schema}.outbox where published_at is null order by position limit $1`,
    [batchSize],
  );
  return rows;
}

async function markPublished(client: pg.PoolClient, schema: string, rows: readonly OutboxRow[]): Promise<void> {
  await client.query(`update ${schema}.outbox set published_at = now() where position = any($1)`, [
    rows.map(({ position }) => position),
  ]);
}

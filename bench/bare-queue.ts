import type { Message } from '@ticketbuddy/messaging';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { batchSize, inBatches } from './message-stock.ts';

/** A table, with rows of the shape of our embedded broker's, and the key that keeps their order. */
export async function createBareQueue(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create table if not exists public.bare_queue (
      position bigint generated always as identity primary key,
      queue text not null,
      message_id uuid not null,
      urn text not null,
      key text not null,
      version bigint,
      sent_at timestamptz not null,
      body json not null
    )`);
}

/**
 * The least that a queue in PostgreSQL has to do: `insert … returning` a batch and `delete … returning` a batch, each a
 * statement and a commit, on two connections at once. The consumer is told of each batch within the process.
 */
export async function passThroughBareQueue(pool: pg.Pool, messages: readonly Message[]): Promise<void> {
  let committed = Promise.withResolvers<void>();
  let taken = 0;
  await Promise.all([produce(), consume()]);

  async function produce(): Promise<void> {
    for (const batch of inBatches(messages)) {
      await insert(pool, batch);
      committed.resolve();
    }
  }

  async function consume(): Promise<void> {
    while (taken < messages.length) {
      const { promise } = committed;
      const rows = await deleteBatch(pool);
      taken += rows;
      if (rows > 0) continue;
      await promise;
      committed = Promise.withResolvers<void>();
    }
  }
}

async function insert(pool: pg.Pool, batch: readonly Message[]): Promise<void> {
  await pool.query(
    `insert into public.bare_queue (queue, message_id, urn, key, version, sent_at, body)
     select 'bare', * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::json[])
     returning position`,
    [
      batch.map(({ id }) => id),
      batch.map(({ urn }) => urn),
      batch.map(({ key }) => key),
      batch.map(({ version }) => version),
      batch.map(({ sentAt }) => sentAt.toString()),
      batch.map(({ body }) => JSON.stringify(body)),
    ],
  );
}

async function deleteBatch(pool: pg.Pool): Promise<number> {
  const batch = async (client: pg.PoolClient) => {
    const { rowCount } = await client.query(
      `delete from public.bare_queue
       where position in (select position from public.bare_queue order by position limit $1)
       returning position, queue, message_id, urn, key, version, sent_at, body`,
      [batchSize],
    );
    return rowCount ?? 0;
  };
  return withTransaction(pool, batch, { mayBeForgotten: true });
}

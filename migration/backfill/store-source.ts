import {
  exactTextSettings,
  quotedName,
  type Row,
  type SourceTable,
  schemaNow,
  type Unit,
} from '@ticketbuddy/change-stream';
import pg from 'pg';

export type Chunk = {
  readonly rows: readonly Row[];
  /** Which transactions of the source its rows show: `pg_current_snapshot()`. */
  readonly snapshot: string;
};

export type ChunkRequest = {
  readonly unit: Unit;
  readonly table: SourceTable;
  /** The highest key that was copied; `null` before the first chunk. */
  readonly watermark: readonly string[] | null;
  readonly limit: number;
};

/**
 * The next rows of the table in the order of its key, and the snapshot that they were read in. The keys are compared by
 * the source alone: it may have an order of its own. Throws `SchemaChanged` when the table is not what it was.
 */
export async function readChunk(source: pg.Pool, { unit, table, watermark, limit }: ChunkRequest): Promise<Chunk> {
  return reading(source, async (client) => {
    const shapes = await schemaNow(client, unit, table);
    const columns = shapes.find((shape) => shape.table === quotedName(table))?.columns ?? [];
    const { rows: snapshots } = await client.query('select pg_current_snapshot()::text as snapshot');
    const { rows } = await client.query<Row>({
      text: `select ${columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ')} from ${quotedName(table)}
        ${after(table, watermark)} order by ${keyList(table)} limit ${limit}`,
      values: [...(watermark ?? [])],
      types: { getTypeParser: () => (text: string) => text },
    });
    return { rows, snapshot: snapshots[0].snapshot };
  });
}

export async function readSnapshot(source: pg.Pool): Promise<string> {
  const { rows } = await source.query('select pg_current_snapshot()::text as snapshot');
  return rows[0].snapshot;
}

/** What the server believes; counted where it has no belief yet. */
export async function estimateRows(source: pg.Pool, table: SourceTable): Promise<number> {
  const { rows } = await source.query('select reltuples::float8 as rows from pg_class where oid = to_regclass($1)', [
    quotedName(table),
  ]);
  return rows[0]?.rows >= 0 ? rows[0].rows : countAfter(source, table, null);
}

/** How many rows come after the key. */
export async function countAfter(
  source: pg.Pool,
  table: SourceTable,
  watermark: readonly string[] | null,
): Promise<number> {
  const { rows } = await source.query({
    text: `select count(*)::float8 as rows from ${quotedName(table)} ${after(table, watermark)}`,
    values: [...(watermark ?? [])],
  });
  return rows[0].rows;
}

// Rows and snapshot have to be of one moment, and values of one form, whatever the session was told before.
async function reading<R>(source: pg.Pool, work: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  const settings = Object.entries(exactTextSettings).map(([name, value]) => `set local ${name} = '${value}'`);
  const client = await source.connect();
  let broken: Error | undefined;
  try {
    await client.query(['begin isolation level repeatable read read only', ...settings].join('; '));
    return await work(client);
  } finally {
    await client.query('rollback').catch((error: Error) => {
      broken = error;
    });
    client.release(broken);
  }
}

function after(table: SourceTable, watermark: readonly string[] | null): string {
  if (watermark === null) return '';
  return `where (${keyList(table)}) > (${watermark.map((_key, at) => `$${at + 1}`).join(', ')})`;
}

function keyList({ key }: SourceTable): string {
  return key.map((column) => pg.escapeIdentifier(column)).join(', ');
}

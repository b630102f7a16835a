import {
  exactTextSettings,
  quotedName,
  type Row,
  type SourceTable,
  schemaNow,
  type Unit,
} from '@ticketbuddy/change-stream';
import pg from 'pg';
import { copyOut } from './copy-text.ts';

/** The next rows of a table, as one snapshot of the source shows them, for as long as they are being read. */
export type Chunk = {
  /** Which transactions of the source its rows show: `pg_current_snapshot()`. */
  readonly snapshot: string;
  readonly span: Span;
  /** Its rows in the order of the key, or only so many of the first. */
  rows(limit?: number): Promise<readonly Row[]>;
  /**
   * The same as lines of COPY, with such values: SQL over a row. They come as they lie on the disk, which takes the source
   * two thirds of the time. When it throws, all can be asked for once more.
   */
  lines(values: readonly string[], onLine: (line: Buffer) => Promise<unknown> | undefined): Promise<void>;
  /** What types such values have. */
  typesOf(values: readonly string[]): Promise<readonly ColumnType[]>;
  /** How many rows of the table come after it. */
  countAfter(): Promise<number>;
};

/** All keys above `after` and up to `upTo`; `null`: from the first, to the last. */
export type Span = { readonly after: readonly string[] | null; readonly upTo: readonly string[] | null };

export type ColumnType = { readonly oid: number; readonly modifier: number };

export type ChunkRequest = {
  readonly unit: Unit;
  readonly table: SourceTable;
  /** The highest key that was copied; `null` before the first chunk. */
  readonly watermark: readonly string[] | null;
  readonly limit: number;
};

/**
 * Reads the next rows of the table in the order of its key. The keys are compared by the source alone: it may have an order of
 * its own. Throws `SchemaChanged` when the table is not what it was.
 */
export async function withChunk<R>(
  source: pg.Pool,
  { unit, table, watermark: after, limit }: ChunkRequest,
  work: (chunk: Chunk) => Promise<R>,
): Promise<R> {
  return reading(source, async (client) => {
    const shapes = await schemaNow(client, unit, table);
    const shape = shapes.find((one) => one.table === quotedName(table));
    const columns = (shape?.columns ?? []).map(({ name }) => pg.escapeIdentifier(name));
    const { rows: snapshots } = await client.query('select pg_current_snapshot()::text as snapshot');
    const select = (values: readonly string[], span: Span) =>
      `select ${values.join(', ')} from ${quotedName(table)} ${where(table, span)}`;
    const order = `order by ${keyList(table)}`;
    const [last] = await asTexts(
      client,
      `${select([keyList(table)], { after, upTo: null })} ${order} offset ${limit - 1} limit 1`,
    );
    const span = { after, upTo: last ? table.key.map((column) => last[column] ?? '') : null };
    return work({
      snapshot: snapshots[0].snapshot,
      span,
      rows: (most = limit) => asTexts(client, `${select(columns, span)} ${order} limit ${most}`),
      lines: (values, onLine) =>
        inSavepoint(client, () => copyOut(client, `copy (${select(values, span)}) to stdout`, onLine)),
      typesOf: (values) => inSavepoint(client, () => typesIn(client, quotedName(table), values)),
      countAfter: () => countAfter(client, table, span.upTo ?? after),
    });
  });
}

/** What types the values have: SQL over a row of the table. */
export async function typesIn(
  client: pg.PoolClient,
  table: string,
  values: readonly string[],
): Promise<readonly ColumnType[]> {
  const { fields } = await client.query(`select ${values.join(', ')} from ${table} limit 0`);
  return fields.map(({ dataTypeID: oid, dataTypeModifier: modifier }) => ({ oid, modifier }));
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
async function countAfter(
  source: pg.Pool | pg.PoolClient,
  table: SourceTable,
  after: readonly string[] | null,
): Promise<number> {
  const { rows } = await source.query(
    `select count(*)::float8 as rows from ${quotedName(table)} ${where(table, { after, upTo: null })}`,
  );
  return rows[0].rows;
}

async function asTexts(client: pg.PoolClient, text: string): Promise<Row[]> {
  const { rows } = await client.query<Row>({ text, types: { getTypeParser: () => (value: string) => value } });
  return rows;
}

// What a statement throws would end the snapshot, which is needed for the next try.
async function inSavepoint<R>(client: pg.PoolClient, work: () => Promise<R>): Promise<R> {
  await client.query('savepoint before_reading');
  try {
    return await work();
  } catch (error) {
    await client.query('rollback to savepoint before_reading');
    throw error;
  }
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

function where(table: SourceTable, { after, upTo }: Span): string {
  const bounds = [after && `> (${after.map(literal)})`, upTo && `<= (${upTo.map(literal)})`].filter(Boolean);
  return bounds.length > 0 ? `where ${bounds.map((bound) => `(${keyList(table)}) ${bound}`).join(' and ')}` : '';
}

// COPY takes no parameters.
function literal(value: string): string {
  return pg.escapeLiteral(value);
}

function keyList({ key }: SourceTable): string {
  return key.map((column) => pg.escapeIdentifier(column)).join(', ');
}

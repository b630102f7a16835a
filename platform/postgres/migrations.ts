import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { StartError } from '@ticketbuddy/errors';
import type pg from 'pg';
import { allowSilence } from './pool.ts';

/** The `.sql` files of one schema; they run once each, in the order of their names. `folder` is a `file:` URL. */
export type Migrations = { readonly schema: string; readonly folder: URL };

type Migration = { readonly schema: string; readonly name: string; readonly sql: string; readonly checksum: string };

const lockKey = 0x71c4e7;

/**
 * Brings each schema up to date, forward only, every file in its own transaction. Starts that race wait for each other.
 * Throws a `StartError` when a file that has run was edited or is gone. Answers the names of the files that ran.
 */
export async function migrate(pool: pg.Pool, sources: readonly Migrations[]): Promise<string[]> {
  const migrations = (await Promise.all(sources.map(readMigrations))).flat();
  const client = await pool.connect();
  allowSilence(client, true);
  try {
    await client.query('set lock_timeout = 0; set statement_timeout = 0');
    await client.query(`select pg_advisory_lock(${lockKey})`);
    await createHistory(client);
    return await applyMissing(
      client,
      migrations,
      sources.map(({ schema }) => schema),
    );
  } finally {
    await client
      .query(`select pg_advisory_unlock(${lockKey}); reset lock_timeout; reset statement_timeout`)
      .catch(() => undefined);
    allowSilence(client, false);
    client.release();
  }
}

async function readMigrations({ schema, folder }: Migrations): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { schema, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function createHistory(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create schema if not exists migrations;
    create table if not exists migrations.applied (
      schema text not null,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now(),
      primary key (schema, name)
    )`);
}

async function applyMissing(client: pg.PoolClient, migrations: readonly Migration[], schemas: readonly string[]) {
  const { rows } = await client.query<{ schema: string; name: string; checksum: string }>(
    'select schema, name, checksum from migrations.applied where schema = any($1)',
    [schemas],
  );
  const applied = new Map(rows.map((row) => [`${row.schema}/${row.name}`, row.checksum]));
  refuseChanged(migrations, applied);
  const missing = migrations.filter(({ schema, name }) => !applied.has(`${schema}/${name}`));
  for (const migration of missing) await apply(client, migration);
  return missing.map(({ schema, name }) => `${schema}/${name}`);
}

function refuseChanged(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const files = new Map(migrations.map(({ schema, name, checksum }) => [`${schema}/${name}`, checksum]));
  for (const [path, checksum] of applied) {
    const file = files.get(path);
    if (file === undefined)
      throw new StartError(
        `The database has run the migration ${path}, which this version does not have: start the version that does.`,
      );
    if (file !== checksum)
      throw new StartError(`The migration ${path} was edited after it had run; restore it and add a new file instead.`);
  }
}

async function apply(client: pg.PoolClient, { schema, name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(`create schema if not exists ${schema}`);
    await client.query(sql);
    await client.query('insert into migrations.applied (schema, name, checksum) values ($1, $2, $3)', [
      schema,
      name,
      checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`The migration ${schema}/${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

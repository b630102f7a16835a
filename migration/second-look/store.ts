import pg from 'pg';
import type { Plan } from './plan.ts';

export type Side = 'source' | 'target';

/** The key, then the columns of the plan, each as the text that PostgreSQL writes. */
export type TextRow = readonly (string | null)[];

/** Runs `work` in one transaction that sees one moment and writes every value in one way, whatever the session was told. */
export async function reading<R>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`begin isolation level repeatable read read only;
      set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local bytea_output = 'hex';
      set local extra_float_digits = 1; set local intervalstyle = 'iso_8601'`);
    return await work(client);
  } finally {
    await client.query('rollback').catch((error: Error) => {
      broken = error;
    });
    client.release(broken);
  }
}

const rowsAtOnce = 2_000;

/** All rows in the order of their keys, some at a time: the next ones are on their way while these are looked at. */
export async function* batches(client: pg.PoolClient, plan: Plan, side: Side): AsyncGenerator<readonly TextRow[]> {
  await client.query(`declare second_look no scroll cursor for ${selection(plan, side)}`);
  const fetch = () =>
    client.query<string[]>({
      text: `fetch ${rowsAtOnce} from second_look`,
      rowMode: 'array',
      types: { getTypeParser: () => (text: string) => text },
    });
  for (let coming = fetch(); ; ) {
    const { rows } = await coming;
    if (rows.length === 0) return;
    coming = fetch();
    // It is waited for when it is needed; until then a failure has nobody to hear of it.
    coming.catch(() => undefined);
    yield rows;
  }
}

function selection({ key, columns, ...tables }: Plan, side: Side): string {
  const name = (column: string) => pg.escapeIdentifier(column);
  // Texts have many orders, and here only that of their bytes is known.
  const order = key.kind === 'text' ? `${name(key[side])} collate "C"` : name(key[side]);
  const all = [key[side], ...columns.map((column) => column[side])].map(name);
  return `select ${all.join(', ')} from ${tables[side]} order by ${order}`;
}

import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Entry } from './act.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** An entry with the exact texts that its hash was made of. */
export type StoredEntry = Entry & { readonly evidenceText: string; readonly atText: string };

// Of the moment the text is kept that was hashed, since a database writes it by its own settings.
const columns = `nth::int, at, at_text as "atText", unit, act, evidence as "evidenceText", hash`;

export async function createJournal(pool: Querying): Promise<void> {
  await pool.query(`
    ${schemaSql('ticketbuddy_migration')};
    create table if not exists ticketbuddy_migration.journal (
      nth bigint primary key,
      at timestamptz not null,
      at_text text not null,
      unit text not null,
      act text not null,
      evidence text not null,
      hash text not null
    );
    create index if not exists journal_by_unit on ticketbuddy_migration.journal (unit, nth);
    create or replace function ticketbuddy_migration.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'the journal is append-only';
    end $$;
    create or replace trigger append_only before update or delete or truncate on ticketbuddy_migration.journal
    for each statement execute function ticketbuddy_migration.refuse_change()`);
}

/** What the next entry follows; `nth` 0 and no hash before the first. `at` is the database's moment, as text. */
export type End = { readonly nth: number; readonly hash: string | null; readonly at: string };

const lock = `select pg_advisory_xact_lock(hashtextextended('ticketbuddy:journal', 0))`;
const end = `
  select coalesce(max(nth), 0)::int as nth,
    (select hash from ticketbuddy_migration.journal order by nth desc limit 1) as hash,
    to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
  from ticketbuddy_migration.journal`;

/** Keeps others from adding to the journal until the client's transaction ends; with `begin` that is begun first. */
export async function lockJournal(client: Querying, { begin }: { readonly begin: boolean }): Promise<End> {
  // In one way to the server. Each statement sees what was committed when it began: the last one what it waited for.
  const results: unknown = await client.query(`${begin ? 'begin; ' : ''}${lock}; ${end}`);
  return (results as pg.QueryResult<End>[]).at(-1)?.rows[0] as End;
}

/** Adds the entries; with `commit` the transaction ends with that, in the same way to the server. */
export async function insertEntries(
  client: pg.ClientBase,
  entries: readonly StoredEntry[],
  { commit }: { readonly commit: boolean },
): Promise<void> {
  const literal = (text: string) => client.escapeLiteral(text);
  const rows = entries.map(
    ({ nth, atText, unit, act, evidenceText, hash }) =>
      `(${nth}, ${literal(atText)}, ${[atText, unit, act, evidenceText, hash].map(literal).join(', ')})`,
  );
  await client.query(
    `insert into ticketbuddy_migration.journal (nth, at, at_text, unit, act, evidence, hash)
     values ${rows.join(', ')}${commit ? '; commit' : ''}`,
  );
}

export async function entriesAfter(query: Querying, nth: number, limit: number): Promise<StoredEntry[]> {
  const { rows } = await query.query(
    `select ${columns} from ticketbuddy_migration.journal where nth > $1 order by nth limit $2`,
    [nth, limit],
  );
  return rows.map(toEntry);
}

/** The entries of a unit from its last one of this act on. */
export async function entriesSince(query: Querying, unit: string, act: string): Promise<StoredEntry[]> {
  const { rows } = await query.query(
    `select ${columns} from ticketbuddy_migration.journal
     where unit = $1 and nth >= (select max(nth) from ticketbuddy_migration.journal where unit = $1 and act = $2)
     order by nth`,
    [unit, act],
  );
  return rows.map(toEntry);
}

function toEntry(row: Omit<StoredEntry, 'evidence'>): StoredEntry {
  return { ...row, evidence: JSON.parse(row.evidenceText) };
}

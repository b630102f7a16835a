import type pg from 'pg';
import type { Act, Entry } from './act.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** An entry with the exact texts that its hash was made of. */
export type StoredEntry = Entry & { readonly evidenceText: string; readonly atText: string };

// Of the moment the text is kept that was hashed, since a database writes it by its own settings.
const columns = `nth::int, at, at_text as "atText", unit, act, evidence as "evidenceText", hash`;

export async function createJournal(pool: Querying): Promise<void> {
  await pool.query(`
    create schema if not exists ticketbuddy_migration;
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

export async function lockJournal(client: Querying): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('ticketbuddy:journal', 0))`);
}

export async function lastEntry(client: Querying): Promise<{ readonly hash: string } | undefined> {
  const { rows } = await client.query('select hash from ticketbuddy_migration.journal order by nth desc limit 1');
  return rows[0];
}

/** The next number and the moment are the database's; `hashOf` makes the hash of them and of the evidence's text. */
export async function appendEntry(
  client: Querying,
  { unit, act, evidence }: Act,
  hashOf: (nth: number, at: string, evidence: string) => string,
): Promise<Entry> {
  const { rows } = await client.query(
    `select coalesce(max(nth), 0)::int + 1 as nth,
       to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from ticketbuddy_migration.journal`,
  );
  const { nth, at } = rows[0] as { readonly nth: number; readonly at: string };
  const evidenceText = JSON.stringify(evidence ?? null);
  const hash = hashOf(nth, at, evidenceText);
  await client.query(
    `insert into ticketbuddy_migration.journal (nth, at, at_text, unit, act, evidence, hash)
     values ($1, $2::text::timestamptz, $2::text, $3, $4, $5, $6)`,
    [nth, at, unit, act, evidenceText, hash],
  );
  return { nth, at: Temporal.Instant.from(at), unit, act, evidence: JSON.parse(evidenceText), hash };
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

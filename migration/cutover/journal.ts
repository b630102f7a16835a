import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Act, Entry } from './act.ts';
import {
  createJournal,
  type End,
  entriesAfter,
  insertEntries,
  lockJournal,
  type StoredEntry,
} from './store-journal.ts';

export type Verdict = { readonly entries: number; readonly brokenAt?: number };

const nothingBefore = '0'.repeat(64);
const pageSize = 1_000;

/** Makes the journal if it is not there: nobody can change what stands in it without breaking the chain. */
export async function openJournal(pool: pg.Pool): Promise<void> {
  await createJournal(pool);
}

/** Adds an act, in the client's transaction. Whoever adds another waits until that is over. */
export async function addToJournal(client: pg.ClientBase, act: Act): Promise<Entry> {
  const end = await lockJournal(client, { begin: false });
  const entries = chained(end, [act]);
  await insertEntries(client, entries, { commit: false });
  return entries[0] as Entry;
}

/** Adds acts, in their order, in a transaction of their own. */
export async function addAlone(client: pg.ClientBase, acts: readonly Act[]): Promise<void> {
  try {
    const end = await lockJournal(client, { begin: true });
    await insertEntries(client, chained(end, acts), { commit: true });
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

const undefinedTable = '42P01';

/** Adds an act over a connection of the pool. Where no journal was opened there is nothing to add it to. */
export async function noteAct(pool: pg.Pool, act: Act): Promise<void> {
  const client = await pool.connect();
  try {
    await addAlone(client, [act]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== undefinedTable) throw error;
  } finally {
    client.release();
  }
}

function chained({ nth: before, hash: last, at }: End, acts: readonly Act[]): StoredEntry[] {
  let hash = last ?? nothingBefore;
  return acts.map(({ unit, act, evidence }, offset) => {
    const nth = before + offset + 1;
    const evidenceText = JSON.stringify(evidence ?? null);
    hash = hashOf(hash, { nth, at, unit, act, evidence: evidenceText });
    const moment = Temporal.Instant.from(at);
    return { nth, at: moment, atText: at, unit, act, evidence: JSON.parse(evidenceText), evidenceText, hash };
  });
}

/** The entries in their order, those after the `nth`, a page at a time. */
export async function* readJournal(pool: pg.Pool, after = 0): AsyncGenerator<Entry> {
  let nth = after;
  for (;;) {
    const page = await entriesAfter(pool, nth, pageSize);
    for (const { evidenceText: _, atText: __, ...entry } of page) yield entry;
    const last = page.at(-1);
    if (!last) return;
    nth = last.nth;
  }
}

/** Whether every entry is as it was added, and none is missing between the first and the last. */
export async function verifyJournal(pool: pg.Pool): Promise<Verdict> {
  let [count, before] = [0, nothingBefore];
  for (;;) {
    const page = await entriesAfter(pool, count, pageSize);
    for (const { nth, unit, act, evidenceText, atText, hash } of page) {
      const isRight =
        nth === count + 1 && hash === hashOf(before, { nth, at: atText, unit, act, evidence: evidenceText });
      if (!isRight) return { entries: count, brokenAt: count + 1 };
      [count, before] = [nth, hash];
    }
    if (page.length === 0) return { entries: count };
  }
}

type Hashed = {
  readonly nth: number;
  readonly at: string;
  readonly unit: string;
  readonly act: string;
  readonly evidence: string;
};

function hashOf(before: string, { nth, at, unit, act, evidence }: Hashed): string {
  return createHash('sha256')
    .update(JSON.stringify([before, nth, at, unit, act, evidence]))
    .digest('hex');
}

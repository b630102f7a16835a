import type { Change } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import { type Backfill, targetOf } from './backfill.ts';
import { saveOutcome } from './rejects.ts';

/** Gives the changes to their tables, in their order, and keeps what is rejected. Answers how many that were. */
export async function applyChanges(
  tx: pg.PoolClient,
  backfill: Backfill,
  changes: readonly Change[],
  hasRejects: boolean,
): Promise<number> {
  let rejected = 0;
  for (const run of runsOfOneTable(changes)) {
    const target = targetOf(backfill, run[0]?.table ?? '');
    const rejects = await target.apply(tx, run);
    if (hasRejects || rejected + rejects.length > 0) await saveOutcome(tx, backfill.writer, target.table, run, rejects);
    rejected += rejects.length;
  }
  return rejected;
}

// A transaction may have changed millions of rows, and no statement may take half a minute.
const runMax = 10_000;

function runsOfOneTable(changes: readonly Change[]): Change[][] {
  const runs: Change[][] = [];
  for (const change of changes) {
    const last = runs.at(-1);
    if (last?.[0]?.table === change.table && last.length < runMax) last.push(change);
    else runs.push([change]);
  }
  return runs;
}

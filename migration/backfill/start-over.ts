import { type Change, quotedName } from '@ticketbuddy/change-stream';
import { type Backfill, copiedTables } from './backfill.ts';
import { forgetUnit } from './store.ts';

/**
 * What `NewCopyNeeded` asks for, after `abandon` at the source and before `begin`: empties the tables of the target, by a
 * truncate that their `apply` is given, and forgets how far they were, in one transaction. Never on a target that has
 * become the owner.
 */
export async function startOver(backfill: Backfill): Promise<void> {
  const { writer } = backfill;
  await writer.transaction(async (tx) => {
    for (const { table, apply } of copiedTables(backfill)) {
      const empty: Change = { table: quotedName(table), operation: 'truncate', oldKey: null, row: null };
      await apply(tx, [empty]);
    }
    await forgetUnit(tx, writer);
  });
}

import { createSlot, dropSlot, type Position, prepare, quotedName } from '@ticketbuddy/change-stream';
import { type Backfill, copiedTables } from './backfill.ts';
import { createTables, insertCheckpoint, insertCopy, readCheckpoint } from './store.ts';
import { estimateRows } from './store-source.ts';

/**
 * Prepares source and target, takes the position from which changes are followed, and only then lets the copy begin. Answers
 * where the stream is to be opened: what was saved, when the unit had begun already. Killed at any point, it is called
 * again.
 */
export async function begin(backfill: Backfill): Promise<Position> {
  const { source, writer, unit } = backfill;
  await writer.transaction((tx) => createTables(tx, writer));
  const saved = await writer.transaction((tx) => readCheckpoint(tx, writer));
  if (saved) return saved.position;
  await prepare(source, unit);
  // Nobody has read from a slot whose position was never saved.
  await dropSlot(source, unit);
  const position = await createSlot(source, unit);
  const estimates = await Promise.all(copiedTables(backfill).map(({ table }) => estimateRows(source, table)));
  await writer.transaction(async (tx) => {
    await insertCheckpoint(tx, writer, position);
    for (const [place, { table }] of copiedTables(backfill).entries()) {
      await insertCopy(tx, writer, {
        table: quotedName(table),
        place,
        rowsEstimated: Math.round(estimates[place] ?? 0),
      });
    }
  });
  return position;
}

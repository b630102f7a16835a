import type { Reject, TableTarget } from '@ticketbuddy/backfill';
import type { Change } from '@ticketbuddy/change-stream';
import type { Owner, Side } from '@ticketbuddy/cutover';
import type pg from 'pg';
import { createOwnersSeen, type OwnerInStream, readOwnerSeen, saveOwnerSeen } from './store.ts';
import { fences } from './takeover.ts';

export type Seeing = {
  readonly unit: string;
  readonly stream: string;
  /** Whose changes the stream has. */
  readonly from: Side;
  /** To where they go. */
  readonly pool: pg.Pool;
};

/**
 * Lets only through what the side wrote while it owned the unit. The row that names the owner is in the stream too, in its
 * place among the others: what stands behind it was written around the fence, and is rejected. Besides, whoever has seen
 * in the target that the owner is nobody has all that the last one wrote.
 */
export async function ownersOnly(seeing: Seeing, rows: readonly TableTarget[]): Promise<TableTarget[]> {
  const { pool, stream, from } = seeing;
  await createOwnersSeen(pool);
  let owner: Owner = (await readOwnerSeen(pool, stream))?.owner ?? 'legacy';
  const guarded = rows.map(
    (target): TableTarget => ({
      ...target,
      apply: async (tx, changes) =>
        owner === from ? target.apply(tx, changes) : changes.flatMap((change) => rogue(change, owner)),
    }),
  );
  const markers: TableTarget = {
    table: fences,
    isCopied: false,
    isUrgent: true,
    async apply(tx, changes) {
      const seen = changes.flatMap((change) => ownershipIn(change, seeing.unit)).at(-1);
      if (!seen) return [];
      await saveOwnerSeen(tx, stream, seen);
      owner = seen.owner;
      return [];
    },
  };
  return [...guarded, markers];
}

function rogue(change: Change, owner: Owner): Reject[] {
  const reason = `written around the fence, while the owner was ${owner === 'moving' ? 'nobody' : owner}`;
  return [{ change, reason }];
}

function ownershipIn({ row }: Change, unit: string): OwnerInStream[] {
  if (row?.unit !== unit) return [];
  return [{ owner: row.owner as Owner, epoch: Number(row.epoch), deadline: row.deadline ?? null }];
}

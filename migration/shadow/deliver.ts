import type { Place } from '@ticketbuddy/backfill';
import { repeat } from '@ticketbuddy/messaging/loop';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { addCounts, addGroups } from './store.ts';
import { examplesMax, type Tally } from './tally.ts';

export type Delivery = {
  readonly target: pg.Pool;
  readonly place: Place;
  /** The name of this gateway among all. */
  readonly gateway: string;
  readonly tally: Tally;
};

/** Adds what was tallied to the target's tables, in one transaction; what it throws loses nothing. */
export async function deliver({ target, place, gateway, tally }: Delivery): Promise<void> {
  const taken = tally.take();
  if (taken.counts.length + taken.groups.length === 0) return;
  try {
    await withTransaction(target, async (tx) => {
      await addCounts(tx, place, gateway, taken.counts);
      await addGroups(tx, place, gateway, taken.groups, examplesMax);
    });
  } catch (error) {
    tally.giveBack(taken);
    throw error;
  }
}

const everyMs = 1_000;

/** Delivers each second, and once more when it is stopped. */
export function startDelivery(
  delivery: Delivery,
  onError: (error: unknown) => void,
): { readonly stop: () => Promise<void> } {
  const pass = async () => {
    await deliver(delivery);
    return 0;
  };
  const loop = repeat(pass, { idleMs: everyMs, onError });
  return {
    async stop() {
      await loop.stop();
      await deliver(delivery);
    },
  };
}

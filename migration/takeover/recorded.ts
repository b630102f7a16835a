import { sees } from '@ticketbuddy/backfill';
import type { Followed, KeyFeed } from '@ticketbuddy/parity';
import type pg from 'pg';
import { changesNear, keysAfter, lastChangeOf, type RecordPlace } from './store-recorded.ts';

/** What the stream has lately brought into the target, as its applier notes it. A note without a key is about all rows. */
export function recordOf(target: pg.Pool, place: RecordPlace): Pick<Followed, 'changedBetween' | 'lastChange'> {
  return {
    async changedBetween(snapshot, position, range) {
      const { changes, isNoted } = await changesNear(target, place, snapshot, position, range);
      if (!isNoted) return 'unknown';
      const isApart = changes.some(({ xid, isApplied }) => isApplied !== sees(snapshot, xid));
      return isApart ? 'some' : 'none';
    },
    lastChange: (table, key) => lastChangeOf(target, place, table, key),
  };
}

/** The keys of one table that the stream has changed, in the order in which it did; one comes as often as it was changed. */
export function changedKeysOf(target: pg.Pool, place: RecordPlace, table: string): KeyFeed {
  return async (after, limit) => {
    const rows = await keysAfter(target, place, table, after, limit);
    return { keys: rows.map(({ key }) => key), mark: rows.at(-1)?.mark ?? after };
  };
}

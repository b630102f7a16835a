import { absent } from '@ticketbuddy/errors';
import type { Deps } from '@ticketbuddy/runtime';
import DataLoader from 'dataloader';
import type { KnownEvent } from './event.ts';
import { findEvents } from './store.ts';
import type { DB } from './tables.gen.ts';

/**
 * Looks events up by id, past ones included. Requests that arrive together share one statement, so a hot event costs
 * the database little; nothing is remembered, so an answer is never older than its request.
 */
export function eventLookup({ db }: Pick<Deps<DB>, 'db'>): (id: string) => Promise<KnownEvent> {
  const loader = new DataLoader<string, KnownEvent>(
    async (ids) => {
      const events = new Map((await findEvents(db, [...new Set(ids)])).map((event) => [event.id, event]));
      return ids.map((id) => events.get(id) ?? absent('The event'));
    },
    { cache: false, maxBatchSize: 256, batchScheduleFn: setImmediate },
  );
  return (id) => loader.load(id);
}

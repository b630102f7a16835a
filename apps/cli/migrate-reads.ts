import { StartError } from '@ticketbuddy/errors';
import { legacyEvents } from '@ticketbuddy/events/legacy';
import { createReadShares, setReadShare } from '@ticketbuddy/takeover';
import type { Context } from './context.ts';
import { note } from './note.ts';
import { openBegun } from './open-takeover.ts';

const readsOf: Readonly<Record<string, readonly string[]>> = {
  events: legacyEvents.reads.map(({ endpoint }) => endpoint),
};

export type ShareOptions = { readonly of?: string; readonly ids?: readonly string[]; readonly endpoint?: string };

/** Sets how many of a unit's reads the side answers that does not own it. */
export async function migrateReads(context: Context, options: ShareOptions): Promise<number> {
  const { of = 'events' } = options;
  const { percent, endpoints } = readShare(options);
  await using opened = await openBegun(context, of);
  const { pool } = opened.takeover.places.next;
  await createReadShares(pool);
  const owner = await setReadShare(pool, of, endpoints, percent);
  if (owner === undefined) throw new StartError(`Nobody owns ${of} at the moment: wait for the switch to end.`);
  await note(opened, 'reads shared', { percent, endpoints });
  const other = owner === 'legacy' ? 'next' : 'legacy';
  context.terminal.print(`${percent} % of ${endpoints.join(', ')} go to ${other}, while ${owner} owns ${of}.`);
  return 0;
}

/** What a command line says of a share. Throws a `StartError` when it is none. */
export function readShare({ of = 'events', ids: [text = ''] = [], endpoint }: ShareOptions) {
  const percent = Number(text);
  if (!/^\d{1,3}(\.\d+)?$/.test(text) || percent > 100) throw new StartError(`${text} is no number from 0 to 100.`);
  const known = readsOf[of] ?? [];
  if (endpoint !== undefined && !known.includes(endpoint))
    throw new StartError(`${endpoint} is no read of ${of}; what is: ${known.join(', ') || 'none'}.`);
  return { percent, endpoints: endpoint === undefined ? known : [endpoint] };
}

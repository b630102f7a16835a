import { askReplay, listRejects } from '@ticketbuddy/backfill';
import { schema, streamOf } from '@ticketbuddy/takeover';
import type { Context } from './context.ts';
import { note } from './note.ts';
import { openBegun } from './open-takeover.ts';
import { harmless, table } from './table.ts';

type Options = { readonly of?: string; readonly json?: true; readonly replay?: true };

const shownMax = 1_000;

/** Lists what could not be carried over, or has it tried again; exit code 1 while there is any. */
export async function migrateRejects(context: Context, { of = 'events', json, replay }: Options): Promise<number> {
  const { terminal } = context;
  await using opened = await openBegun(context, of);
  const { plan, places } = opened.takeover;
  const found = [];
  for (const to of ['next', 'legacy'] as const) {
    const place = { schema, unit: streamOf(plan, to).name };
    if (replay) await askReplay({ pool: places[to].pool, ...place });
    for (const reject of await listRejects(places[to].pool, place, shownMax)) found.push({ to, ...reject });
  }
  if (replay) await note(opened, 'rejects replayed', { rows: found.length });
  if (json) terminal.print(JSON.stringify(found));
  else if (replay)
    terminal.print(`${found.length} rows are tried again by the process that carries them; look again in a moment.`);
  else if (found.length === 0) terminal.print('Every row has its place.');
  else {
    const rows = found.map(({ to, table: name, key, operation, reason }) =>
      [to, harmless(name), harmless(key), operation, harmless(reason)].map((text) => ({ text })),
    );
    terminal.print(
      table([{ head: 'to' }, { head: 'table' }, { head: 'key' }, { head: 'change' }, { head: 'why' }], rows, terminal),
    );
  }
  return found.length === 0 ? 0 : 1;
}

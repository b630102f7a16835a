import { acceptSchema } from '@ticketbuddy/change-stream';
import { streamOf } from '@ticketbuddy/takeover';
import { confirmed } from './confirmed.ts';
import type { Context } from './context.ts';
import { note } from './note.ts';
import { openBegun } from './open-takeover.ts';

type Options = { readonly of?: string; readonly confirm?: string };

/** Lets the streams go on with the tables as they are now, which whoever says so has compared with the mappings. */
export async function migrateAccept(context: Context, { of = '', confirm }: Options): Promise<number> {
  await using opened = await openBegun(context, of);
  await confirmed(context, of, confirm);
  const { plan, places } = opened.takeover;
  await acceptSchema(places.legacy.pool, streamOf(plan, 'next'));
  await acceptSchema(places.next.pool, streamOf(plan, 'legacy'));
  await note(opened, 'tables accepted as they are');
  context.terminal.print(`The tables of ${of} are followed as they are now. Go on with \`migrate start ${of}\`.`);
  return 0;
}

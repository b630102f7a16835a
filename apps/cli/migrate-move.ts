import { createPool } from '@ticketbuddy/postgres';
import { knownMoverUrl, type MoveAnswer, type MoveWish, requestMove } from '@ticketbuddy/takeover/request';
import { confirmed } from './confirmed.ts';
import type { Context } from './context.ts';
import { gateLines } from './migrate-report.ts';
import { openDatabase } from './open-database.ts';
import { unitOf } from './units.ts';

type Options = { readonly of?: string; readonly confirm?: string };

export const migrateSwitch = (context: Context, options: Options) => move(context, options, 'next');
export const migrateRollback = (context: Context, options: Options) => move(context, options, 'legacy');

/** Has the worker move the unit; exit code 1 when it stays where it is. */
async function move(context: Context, { of = '', confirm }: Options, to: MoveWish['to']): Promise<number> {
  const { terminal } = context;
  const unit = unitOf(of);
  await confirmed(context, unit, confirm);
  await using database = await openDatabase(context);
  const mover = createPool({ url: await knownMoverUrl(database.pool, database.url), connections: 1 });
  terminal.status('Waiting for the worker');
  const onBegun = () => terminal.status(`Looking at the gates, and moving ${unit} to ${to}`);
  const { interrupted } = terminal;
  const answer = await requestMove(mover, { unit, to, interrupted, onBegun }).finally(() => mover.end());
  if (answer.outcome === 'done') terminal.print(`${unit} belongs to ${to} now${tookText(answer)}.`);
  else terminal.complain(whyNot(answer, unit, context));
  return answer.outcome === 'done' ? 0 : 1;
}

function whyNot(answer: Exclude<MoveAnswer, { outcome: 'done' }>, unit: string, { terminal }: Context): string {
  if (answer.outcome === 'refused')
    return `${unit} stays where it is, since not all gates are open:\n${gateLines(answer.closed, terminal)}`;
  const end = answer.outcome === 'undone' ? `all that was begun is undone${tookText(answer)}` : 'nothing was begun';
  return [...answer.reasons, `${unit} stays where it was: ${end}.`].join('\n');
}

function tookText({ ms }: { readonly ms?: number }): string {
  return ms === undefined ? '' : ` (${ms} ms)`;
}

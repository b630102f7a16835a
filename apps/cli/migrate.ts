import { pause, resume, throttle } from '@ticketbuddy/backfill';
import { readJournal, verifyJournal } from '@ticketbuddy/cutover';
import { StartError } from '@ticketbuddy/errors';
import {
  abandonTakeover,
  dropMover,
  lookAgain,
  schema,
  status,
  streamOf,
  type Takeover,
  verifyAll,
} from '@ticketbuddy/takeover';
import type pg from 'pg';
import { confirmed } from './confirmed.ts';
import type { Context } from './context.ts';
import { entryLine, parityLines, statusReport } from './migrate-report.ts';
import { note } from './note.ts';
import { openDatabase, refuseWithoutDatabase } from './open-database.ts';
import { openBegun, openTakeover } from './open-takeover.ts';
import { limitText, probeLimit } from './probe-limit.ts';
import type { Terminal } from './terminal.ts';

type Options = {
  readonly of?: string;
  readonly ids?: readonly string[];
  readonly json?: true;
  readonly confirm?: string;
  readonly secondLook?: true;
};

/** Prints how the unit stands; exit code 1 when a gate is closed. */
export async function migrateStatus(context: Context, { of = 'events', json }: Options): Promise<number> {
  await using opened = await openTakeover(context, of);
  const found = await status(opened.takeover);
  context.terminal.print(json ? JSON.stringify(found) : statusReport(found, context.terminal));
  return found.gates.every(({ isOpen }) => isOpen) ? 0 : 1;
}

const ownerFirst = ['the owner', 'the other side'] as const;
const legacyFirst = ['the legacy', 'the new system'] as const;

/** Compares every row; exit code 1 when the sides differ. */
export async function migrateVerify(context: Context, { of = 'events', json, secondLook }: Options): Promise<number> {
  await using opened = await openTakeover(context, of);
  context.terminal.status(`Comparing all rows of ${of}`);
  const { takeover } = opened;
  const found = secondLook
    ? await Promise.all(takeover.plan.tables.map((mapping) => lookAgain(takeover, mapping)))
    : await verifyAll(takeover);
  await note(opened, secondLook ? 'verified by the second look' : 'verified', found);
  const sides = secondLook ? legacyFirst : ownerFirst;
  context.terminal.print(json ? JSON.stringify(found) : parityLines(found, sides, context.terminal));
  return found.every(({ verdict }) => verdict === 'same') ? 0 : 1;
}

export async function migratePause(context: Context, { of = 'events' }: Options): Promise<number> {
  await using opened = await openBegun(context, of);
  for (const control of controlsOf(opened.takeover)) await pause(control);
  await note(opened, 'paused');
  context.terminal.print(
    `${of} stands still. The servers keep their logs for it: go on with \`migrate resume ${of}\`.`,
  );
  return 0;
}

export async function migrateResume(context: Context, { of = 'events' }: Options): Promise<number> {
  await using opened = await openBegun(context, of);
  for (const control of controlsOf(opened.takeover)) await resume(control);
  await note(opened, 'resumed');
  context.terminal.print(`${of} goes on.`);
  return 0;
}

export async function migrateThrottle(
  context: Context,
  { of = 'events', ids: [ms = ''] = [] }: Options,
): Promise<number> {
  const limit = probeLimit(ms);
  await using opened = await openBegun(context, of);
  const [copy] = controlsOf(opened.takeover);
  if (copy) await throttle(copy, limit);
  await note(opened, 'throttled', { probeMsMax: limit === 'off' ? null : limit });
  context.terminal.print(limitText(limit));
  return 0;
}

/** Removes what was put into the databases. */
export async function migrateAbandon(context: Context, { of = '', confirm }: Options): Promise<number> {
  await using opened = await openTakeover(context, of);
  await confirmed(context, of, confirm);
  await abandonTakeover(opened.takeover);
  await note(opened, 'abandoned');
  await opened.takeover.places.next.pool.end();
  const left = await dropMover(opened.own.pool, opened.own.url, of);
  const role =
    left === undefined ? '' : `, and the role ${left}, which somebody uses or which DATABASE_URL's may not drop`;
  context.terminal.print(`Nothing of the move of ${of} is left in either database, but for the journal${role}.`);
  return 0;
}

const undefinedTable = '42P01';

/** Prints the journal; exit code 1 when its chain is broken. */
export async function migrateJournal(context: Context, { json }: Options): Promise<number> {
  refuseWithoutDatabase(context, 'There is no journal');
  await using database = await openDatabase(context);
  return await printJournal(database.pool, context.terminal, json).catch((error: { code?: unknown }) => {
    if (error.code !== undefinedTable) throw error;
    throw new StartError('There is no journal yet: `migrate start` makes it.');
  });
}

async function printJournal(pool: pg.Pool, terminal: Terminal, json: true | undefined): Promise<number> {
  for await (const entry of readJournal(pool)) terminal.print(json ? JSON.stringify(entry) : entryLine(entry));
  const { entries, brokenAt } = await verifyJournal(pool);
  if (brokenAt !== undefined) {
    terminal.complain(`The journal was changed: entry ${brokenAt} is not the one that was written.`);
    return 1;
  }
  if (!json) terminal.print(`${entries} entries, as they were written.`);
  return 0;
}

function controlsOf({ plan, places }: Takeover) {
  return (['next', 'legacy'] as const).map((to) => ({ pool: places[to].pool, schema, unit: streamOf(plan, to).name }));
}

import { once } from 'node:events';
import { type Progress, progress, readCheckpoint } from '@ticketbuddy/backfill';
import { lag } from '@ticketbuddy/change-stream';
import { readFence } from '@ticketbuddy/cutover';
import { StartError } from '@ticketbuddy/errors';
import { needs, schema, startWorker, streamOf, type Takeover } from '@ticketbuddy/takeover';
import type { Context } from './context.ts';
import { gateLines } from './migrate-report.ts';
import { note } from './note.ts';
import { openTakeover } from './open-takeover.ts';
import { limitText, probeLimit } from './probe-limit.ts';
import type { Terminal } from './terminal.ts';

const showEveryMs = 500;
const sameErrorMs = 10_000;
const keysShown = 10;

type Options = { readonly of?: string; readonly triggers?: true; readonly throttle?: string };

/** Carries the rows of the unit until it is interrupted. */
export async function migrateStart(context: Context, { of = 'events', triggers, throttle }: Options): Promise<number> {
  const { terminal } = context;
  const probeMsMax = throttle === undefined ? undefined : probeLimit(throttle);
  await using opened = await openTakeover(context, of, {
    connections: context.config.databaseConnections,
    byTriggers: triggers && ['legacy'],
    isStarting: true,
  });
  terminal.status('Preparing both databases');
  await refuseUnready(opened.takeover, terminal);
  const complain = complainOnce(terminal);
  const worker = await startWorker(opened.takeover, {
    ...(probeMsMax !== undefined && { probeMsMax }),
    onError: complain,
    onUntold: (keys) => complain('messages', untoldText(keys)),
    onResumed: (outcome) => terminal.print(`A move of ${of} that was left is ${outcome}.`),
    onServed: ({ outcome }) => terminal.print(`A move of ${of} that was asked for is ${outcome}.`),
  });
  await note(opened, 'carrying begun', { capture: triggers ? 'triggers' : 'as the server allows', throttle });
  if (probeMsMax !== undefined) terminal.print(limitText(probeMsMax));
  terminal.print(`The rows of ${of} are carried both ways. Ctrl-C ends it; started again, it goes on.`);
  const timer = showing(opened.takeover, terminal);
  if (!terminal.interrupted.aborted) await once(terminal.interrupted, 'abort');
  clearInterval(timer);
  await worker.stop();
  await note(opened, 'carrying ended');
  return 0;
}

// What has begun may lack something by now: its gates tell of that, and the rows go on.
async function refuseUnready(takeover: Takeover, terminal: Terminal): Promise<void> {
  const { plan, places } = takeover;
  if (await readFence(places.next.pool, plan.unit)) return;
  const closed = (await needs(takeover)).filter(({ isOpen }) => !isOpen);
  if (closed.length > 0)
    throw new StartError(`Nothing was started, since this has to be mended first:\n${gateLines(closed, terminal)}`);
}

function untoldText(keys: readonly string[]): string {
  const more = keys.length > keysShown ? ` and ${keys.length - keysShown} more` : '';
  return `never told by the legacy: ${keys.slice(0, keysShown).join(', ')}${more}; told by the new system when it is the owner`;
}

// What fails each second is not said each second.
function complainOnce(terminal: Terminal): (where: string, error: unknown) => void {
  const said = new Map<string, number>();
  return (where, error) => {
    const text = `${where}: ${error instanceof Error ? error.message : String(error)}`;
    if (performance.now() - (said.get(text) ?? Number.NEGATIVE_INFINITY) < sameErrorMs) return;
    said.set(text, performance.now());
    terminal.complain(text);
  };
}

function showing(takeover: Takeover, terminal: Terminal): NodeJS.Timeout {
  let isComplete = false;
  const show = async () => {
    const tables = await progress(takeover.places.next.pool, { schema, unit: streamOf(takeover.plan, 'next').name });
    const wasComplete = isComplete;
    isComplete = tables.length > 0 && tables.every((table) => table.isComplete);
    if (isComplete && !wasComplete) terminal.print(`All that was there is copied: ${tables.map(rowsText).join(', ')}.`);
    terminal.status(isComplete ? await followingText(takeover) : tables.map(progressText).join('  '));
  };
  return setInterval(() => void show().catch(() => undefined), showEveryMs);
}

function rowsText({ table, rowsCopied }: Progress): string {
  return `${rowsCopied} rows of ${table}`;
}

const barWidth = 24;

function progressText({ table, rowsCopied, rowsEstimated, rowsPerSecond, secondsLeft }: Progress): string {
  const part = rowsEstimated === 0 ? 1 : Math.min(1, rowsCopied / rowsEstimated);
  const bar = '█'.repeat(Math.round(part * barWidth)).padEnd(barWidth, '░');
  const left = secondsLeft === null ? '' : `, ${timeText(secondsLeft)} left`;
  return `${table} ${bar} ${Math.floor(part * 100)} % (${Math.round(rowsPerSecond)} rows/s${left})`;
}

function timeText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

async function followingText({ plan, places }: Takeover): Promise<string> {
  const ways = await Promise.all(
    (['next', 'legacy'] as const).map(async (to) => {
      const unit = streamOf(plan, to);
      const checkpoint = await readCheckpoint(places[to].pool, { schema, unit: unit.name });
      const source = places[to === 'next' ? 'legacy' : 'next'].pool;
      const found = checkpoint && (await lag(source, unit, checkpoint, 2));
      return `to ${to}: ${found ? `${found.state}, ${found.seconds.toFixed(1)} s behind` : 'not begun'}`;
    }),
  );
  return ways.join(' · ');
}

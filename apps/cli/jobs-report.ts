import type { JobState, QueueState } from '@ticketbuddy/jobs';
import { type Cell, harmless, table, time as timeOf } from './table.ts';
import type { Terminal } from './terminal.ts';

type Look = Pick<Terminal, 'colors' | 'columns'>;

/** A line for each queue. */
export function reportQueues(queues: readonly QueueState[], look: Look): string {
  const columns = [
    { head: 'queue' },
    { head: 'schedule' },
    { head: 'waiting', isNumber: true },
    { head: 'running', isNumber: true },
    { head: 'failed', isNumber: true },
    { head: 'oldest waiting' },
    { head: 'last run' },
  ];
  const { red } = look.colors;
  const rows = queues.map(({ name, holdsDeadLetters, schedule, waiting, running, failed, oldestWaiting, lastRun }) => [
    { text: name },
    { text: holdsDeadLetters ? 'dead letters' : (schedule ?? '–') },
    { text: count(waiting), ...(holdsDeadLetters && waiting > 0 && { paint: red }) },
    { text: count(running) },
    { text: count(failed), ...(failed > 0 && { paint: red }) },
    { text: time(oldestWaiting) },
    lastRun
      ? outcome(`${time(lastRun.at)} ${lastRun.state}${shortly(lastRun.output)}`, lastRun.state, look)
      : { text: holdsDeadLetters ? '–' : 'never' },
  ]);
  return table(columns, rows, look);
}

/** A line for each job. */
export function reportJobs(queue: string, jobs: readonly JobState[], look: Look): string {
  if (jobs.length === 0) return `${queue}: there are no jobs.`;
  const columns = [
    { head: 'job' },
    { head: 'sent' },
    { head: 'tries', isNumber: true },
    { head: 'finished' },
    { head: 'state' },
  ];
  const rows = jobs.map((job) => [
    { text: job.id },
    { text: time(job.sentAt) },
    { text: count(triesOf(job)) },
    { text: time(job.finishedAt) },
    outcome(`${stateOf(job)}${shortly(job.output)}`, job.state, look),
  ]);
  return table(columns, rows, look);
}

/** Everything about one job. */
export function reportJob(job: JobState, { colors }: Look): string {
  const lines: readonly (readonly [string, string])[] = [
    ['job', job.id],
    ['queue', job.queue],
    ['state', stateOf(job)],
    ['tries', count(triesOf(job))],
    ['sent', time(job.sentAt)],
    ['started', time(job.startedAt)],
    ['finished', time(job.finishedAt)],
    ...(job.sourceId === null ? [] : [['copy of', job.sourceId] as const]),
  ];
  const shown = lines.map(([label, text]) => `${colors.dim(label.padEnd(8))}  ${text}`);
  return [...shown, ...(job.output === null ? [] : ['', wholly(job.output)])].join('\n');
}

function outcome(text: string, state: JobState['state'], { colors }: Look): Cell {
  return { text: harmless(text), ...(state === 'failed' && { paint: colors.red }) };
}

/** In words. */
export function stateOf({ state, sourceId }: JobState): string {
  if (sourceId !== null && state === 'created') return 'dead letter';
  return { created: 'waiting', retry: 'waiting for another try', active: 'running' }[state as string] ?? state;
}

function triesOf({ startedAt, retries }: JobState): number {
  return startedAt === null ? 0 : retries + 1;
}

function count(amount: number): string {
  return amount.toLocaleString('en-GB');
}

function time(instant: Temporal.Instant | null): string {
  return timeOf(instant ?? undefined);
}

/** The message of an error, or the result, in one line. */
function shortly(output: unknown): string {
  if (output === null) return '';
  const { message } = output as { readonly message?: unknown };
  const [line = ''] = (typeof message === 'string' ? message : JSON.stringify(output)).split('\n');
  return `: ${line}`;
}

function wholly(output: unknown): string {
  const { stack, ...rest } = output as { readonly stack?: unknown };
  const text = JSON.stringify(rest, undefined, 2);
  return harmless(typeof stack === 'string' ? `${text}\n\n${stack}` : text);
}

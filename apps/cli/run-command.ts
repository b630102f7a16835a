import { type Config, readConfig } from '@ticketbuddy/config';
import { Refusal, StartError } from '@ticketbuddy/errors';
import { isTransient, reach } from '@ticketbuddy/postgres';
import type { Context } from './context.ts';
import { known } from './known.ts';
import type { MessagesOptions } from './messages.ts';
import type { Terminal } from './terminal.ts';

// Each is loaded when it is asked for: whoever switches a unit does not wait for the shop's code.
const commands = {
  seed: lazy(() => import('./seed.ts'), 'seed'),
  audit: lazy(() => import('./audit.ts'), 'audit'),
  jobs: lazy(() => import('./jobs.ts'), 'listOfQueues'),
  'jobs show': lazy(() => import('./jobs.ts'), 'showJobs'),
  'jobs run': lazy(() => import('./jobs.ts'), 'runJob'),
  'jobs retry': lazy(() => import('./jobs.ts'), 'retryJobs'),
  'messages parked': lazy(() => import('./messages.ts'), 'parkedMessages'),
  'messages show': lazy(() => import('./messages.ts'), 'showMessage'),
  'messages retry': lazy(() => import('./messages.ts'), 'retryMessages'),
  'messages drop': lazy(() => import('./messages.ts'), 'dropMessages'),
  'messages queues': lazy(() => import('./messages.ts'), 'listOfMessageQueues'),
  'migrate plan': lazy(() => import('./migrate-plan.ts'), 'migratePlan'),
  'migrate status': lazy(() => import('./migrate.ts'), 'migrateStatus'),
  'migrate verify': lazy(() => import('./migrate.ts'), 'migrateVerify'),
  'migrate rejects': lazy(() => import('./migrate-rejects.ts'), 'migrateRejects'),
  'migrate journal': lazy(() => import('./migrate.ts'), 'migrateJournal'),
  'migrate start': lazy(() => import('./migrate-start.ts'), 'migrateStart'),
  'migrate pause': lazy(() => import('./migrate.ts'), 'migratePause'),
  'migrate resume': lazy(() => import('./migrate.ts'), 'migrateResume'),
  'migrate throttle': lazy(() => import('./migrate.ts'), 'migrateThrottle'),
  'migrate reads': lazy(() => import('./migrate-reads.ts'), 'migrateReads'),
  'migrate shadow set': lazy(() => import('./migrate-shadow.ts'), 'migrateShadow'),
  'migrate shadow report': lazy(() => import('./migrate-shadow.ts'), 'migrateShadowReport'),
  'migrate switch': lazy(() => import('./migrate-move.ts'), 'migrateSwitch'),
  'migrate rollback': lazy(() => import('./migrate-move.ts'), 'migrateRollback'),
  'migrate accept': lazy(() => import('./migrate-accept.ts'), 'migrateAccept'),
  'migrate abandon': lazy(() => import('./migrate.ts'), 'migrateAbandon'),
};

export type CommandName = keyof typeof commands;

/** What a command line says beside the command: `of` and `ids` are what it is about. */
export type CommandOptions = MessagesOptions & {
  readonly json?: true;
  readonly of?: string;
  readonly all?: string;
  readonly confirm?: string;
  readonly replay?: true;
  readonly secondLook?: true;
  readonly endpoint?: string;
  readonly triggers?: true;
};

/** Runs a command with the settings of the environment and answers its exit code; what it throws is said here. */
export async function runCommand(name: CommandName, options: CommandOptions, terminal: Terminal): Promise<number> {
  try {
    const config = readConfig(known);
    return await commands[name]({ config, terminal }, options).catch(async (error: unknown) => {
      if (name.startsWith('migrate') && !isReason(error) && !terminal.interrupted.aborted) await reachLegacy(config);
      throw error;
    });
  } catch (error) {
    terminal.complain(terminal.interrupted.aborted && !isReason(error) ? 'Interrupted.' : describe(error));
    return 1;
  }
}

// Of two databases, what went wrong with one does not say which; the new one was reached before.
async function reachLegacy({ legacyDatabaseUrl }: Config): Promise<void> {
  if (legacyDatabaseUrl !== undefined) await reach('LEGACY_DATABASE_URL', legacyDatabaseUrl);
}

type Command = (context: Context, options: CommandOptions) => Promise<number>;

function lazy<N extends string>(load: () => Promise<Readonly<Record<N, Command>>>, name: N): Command {
  return async (context, options) => (await load())[name](context, options);
}

function isReason(error: unknown): boolean {
  return error instanceof StartError || error instanceof Refusal;
}

// A reason that the operator can mend needs no stack trace; anything else is ours to mend and shows where.
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isReason(error)) return error.message;
  if (isTransient(error)) return `The database stopped answering (${error.message}); try again.`;
  return error.stack ?? error.message;
}

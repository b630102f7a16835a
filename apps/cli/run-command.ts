import { readConfig } from '@ticketbuddy/config';
import { StartError } from '@ticketbuddy/errors';
import { isTransient } from '@ticketbuddy/postgres';
import { audit } from './audit.ts';
import { listOfQueues, retryJobs, runJob, showJobs } from './jobs.ts';
import {
  dropMessages,
  listOfMessageQueues,
  type MessagesOptions,
  parkedMessages,
  retryMessages,
  showMessage,
} from './messages.ts';
import {
  migrateAbandon,
  migrateJournal,
  migratePause,
  migrateResume,
  migrateRollback,
  migrateStatus,
  migrateSwitch,
  migrateThrottle,
  migrateVerify,
} from './migrate.ts';
import { migratePlan } from './migrate-plan.ts';
import { migrateReads } from './migrate-reads.ts';
import { migrateRejects } from './migrate-rejects.ts';
import { migrateShadow, migrateShadowReport } from './migrate-shadow.ts';
import { migrateStart } from './migrate-start.ts';
import { known } from './modules.ts';
import { seed } from './seed.ts';
import type { Terminal } from './terminal.ts';

const commands = {
  seed,
  audit,
  jobs: listOfQueues,
  'jobs show': showJobs,
  'jobs run': runJob,
  'jobs retry': retryJobs,
  'messages parked': parkedMessages,
  'messages show': showMessage,
  'messages retry': retryMessages,
  'messages drop': dropMessages,
  'messages queues': listOfMessageQueues,
  'migrate plan': migratePlan,
  'migrate status': migrateStatus,
  'migrate verify': migrateVerify,
  'migrate rejects': migrateRejects,
  'migrate journal': migrateJournal,
  'migrate start': migrateStart,
  'migrate pause': migratePause,
  'migrate resume': migrateResume,
  'migrate throttle': migrateThrottle,
  'migrate reads': migrateReads,
  'migrate shadow set': migrateShadow,
  'migrate shadow report': migrateShadowReport,
  'migrate switch': migrateSwitch,
  'migrate rollback': migrateRollback,
  'migrate abandon': migrateAbandon,
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
};

/** Runs a command with the settings of the environment and answers its exit code; what it throws is said here. */
export async function runCommand(name: CommandName, options: CommandOptions, terminal: Terminal): Promise<number> {
  try {
    const config = readConfig(known);
    return await commands[name]({ config, terminal }, options);
  } catch (error) {
    terminal.complain(terminal.interrupted.aborted ? 'Interrupted.' : describe(error));
    return 1;
  }
}

// A reason that the operator can mend needs no stack trace; anything else is ours to mend and shows where.
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof StartError) return error.message;
  if (isTransient(error)) return `The database stopped answering (${error.message}); try again.`;
  return error.stack ?? error.message;
}

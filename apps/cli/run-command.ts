import { readConfig } from '@ticketbuddy/config';
import { StartError } from '@ticketbuddy/errors';
import { isTransient } from '@ticketbuddy/postgres';
import { audit } from './audit.ts';
import { everyModule } from './modules.ts';
import { seed } from './seed.ts';
import type { Terminal } from './terminal.ts';

const commands = { seed, audit };

/** Runs a command with the settings of the environment and answers its exit code; what it throws is said here. */
export async function runCommand(
  name: keyof typeof commands,
  options: { readonly json?: true },
  terminal: Terminal,
): Promise<number> {
  try {
    const config = readConfig({ modules: everyModule.map((module) => module.name) });
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

import { readConfig } from '@ticketbuddy/config';
import { StartError } from '@ticketbuddy/errors';
import { isTransient } from '@ticketbuddy/postgres';
import { Command, CommanderError } from 'commander';
import { audit } from './audit.ts';
import type { Context } from './context.ts';
import { everyModule } from './modules.ts';
import own from './package.json' with { type: 'json' };
import { seed } from './seed.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  npx ticketbuddy seed
  DATABASE_URL=postgres://me@db.example/shop npx ticketbuddy audit --json

Settings come from the environment and are the shop's own; README.md lists them.`;

/** Runs one command line and answers its exit code. Whatever is wrong is said here, once. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = describeProgram(terminal);
  program
    .command('seed')
    .summary('Add the demo data that is missing')
    .description('Adds the demo events, users and sales that are missing, beside a running shop or without one.')
    .action(async () => {
      exitCode = await seed(readContext(terminal));
    });
  program
    .command('audit')
    .summary('Compare every seat with the ledger')
    .description(
      'Rebuilds every seat from the ledger and compares it with the tables, beside a running shop or without one.\n' +
        'Changes nothing. Exit code 0: all seats are what the ledger says; 1: some are not, or it could not look.',
    )
    .option('--json', 'Print one JSON object')
    .action(async (options: { json?: true }) => {
      exitCode = await audit(readContext(terminal), options);
    });
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
}

function describeProgram(terminal: Terminal): Command {
  const { bold } = terminal.colors;
  return new Command('ticketbuddy')
    .description('Looks after a TicketBuddy shop: its demo data and its ledger of every seat.')
    .usage('<command> [options]')
    .version(own.version, '-v, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .addHelpText('after', examples)
    .configureHelp({ styleTitle: bold })
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      getOutHasColors: () => terminal.colors.isColorSupported,
      writeErr: () => undefined,
      outputError: (text) => terminal.complain(toSentence(text)),
    })
    .exitOverride();
}

// Commander says "error: unknown command 'audti'\n(Did you mean audit?)".
function toSentence(text: string): string {
  const [problem = '', hint = 'See ticketbuddy --help.'] = text.trim().split('\n');
  const said = problem.replace(/^error: (.)/, (_, first: string) => first.toUpperCase()).replace(/\.?$/, '.');
  return `${said} ${hint.replace(/^\((.*)\)$/, '$1')}`;
}

function readContext(terminal: Terminal): Context {
  return { config: readConfig({ modules: everyModule.map(({ name }) => name) }), terminal };
}

function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError && !isHelpOfNothing(error)) return error.exitCode;
  terminal.complain(terminal.interrupted.aborted ? 'Interrupted.' : describe(error));
  return 1;
}

// The one case in which Commander writes its help to standard error: `help` with a command that does not exist.
function isHelpOfNothing({ code, exitCode }: CommanderError): boolean {
  return code === 'commander.help' && exitCode !== 0;
}

// A reason that the operator can mend needs no stack trace; anything else is ours to mend and shows where.
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CommanderError) return 'There is no such command. See ticketbuddy --help.';
  if (error instanceof StartError) return error.message;
  if (isTransient(error)) return `The database stopped answering (${error.message}); try again.`;
  return error.stack ?? error.message;
}

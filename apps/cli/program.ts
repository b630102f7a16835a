import { Command, CommanderError } from 'commander';
import { addJobsCommands } from './jobs-commands.ts';
import { addMessagesCommands } from './messages-commands.ts';
import { addMigrateCommands } from './migrate-commands.ts';
import own from './package.json' with { type: 'json' };
import type { CommandName, CommandOptions } from './run-command.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  npx ticketbuddy seed
  DATABASE_URL=postgres://me@db.example/shop npx ticketbuddy audit --json

Settings come from the environment and are the shop's own; README.md lists them.`;

/** Runs one command line and answers its exit code. Whatever is wrong is said on the terminal, once. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  // Help and mistakes are answered without loading the contexts, which takes ten times as long.
  const runCommand = async (name: CommandName, options: CommandOptions = {}) => {
    const commands = await import('./run-command.ts');
    exitCode = await commands.runCommand(name, options, terminal);
  };
  const program = describeProgram(terminal);
  program
    .command('seed')
    .summary('Add the demo data that is missing')
    .description('Adds the demo events, users and sales that are missing, beside a running shop or without one.')
    .action(() => runCommand('seed'));
  program
    .command('audit')
    .summary('Compare every seat with the ledger')
    .description(
      'Rebuilds every seat from the ledger and compares it with the tables, beside a running shop or without one. ' +
        'Changes nothing. Exit code 0: all seats are what the ledger says; 1: some are not, or it could not look.',
    )
    .option('--json', 'Print one JSON object')
    .action((options) => runCommand('audit', options));
  addJobsCommands(program, runCommand);
  addMessagesCommands(program, runCommand);
  addMigrateCommands(program, runCommand);
  await program.parseAsync(orHelp(args), { from: 'user' }).catch((error: unknown) => {
    exitCode = exitCodeOf(error, terminal);
  });
  return exitCode;
}

// Commander takes a command that only has others below it for a mistake, and knows the help of those only by itself.
function orHelp(args: readonly string[]): readonly string[] {
  const [first, ...words] = args;
  if (first === 'help' && words.length > 1) return [...words.slice(0, -1), 'help', ...words.slice(-1)];
  const isOnlyAGroup = ['messages', 'migrate', 'migrate shadow'].includes(args.join(' '));
  return args.length === 0 || isOnlyAGroup ? [...args, '--help'] : args;
}

function describeProgram(terminal: Terminal): Command {
  const { bold, isColorSupported } = terminal.colors;
  return new Command('ticketbuddy')
    .description(
      'Looks after a TicketBuddy shop: its demo data, its ledger of every seat, its jobs and its messages; and takes a legacy over.',
    )
    .usage('<command> [options]')
    .version(own.version, '-v, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .addHelpText('after', examples)
    .configureHelp({ styleTitle: bold })
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: () => undefined,
      outputError: (text) => terminal.complain(toSentence(text)),
      getOutHasColors: () => isColorSupported,
    })
    .exitOverride();
}

// Commander says "error: unknown command 'audti'\n(Did you mean audit?)".
function toSentence(text: string): string {
  const [problem = '', hint = seeHelp] = text.trim().split('\n');
  const said = problem.replace(/^error: (.)/, (_, first: string) => first.toUpperCase()).replace(/\.?$/, '.');
  return `${said} ${hint.replace(/^\((.*)\)$/, '$1')}`;
}

const seeHelp = 'See ticketbuddy --help.';

/** Of what Commander throws when it has answered by itself. */
function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (!(error instanceof CommanderError)) throw error;
  // To `help` with a command that does not exist it would show all of its help, as an error.
  if (error.code === 'commander.help' && error.exitCode !== 0)
    terminal.complain(`There is no such command. ${seeHelp}`);
  return error.exitCode;
}

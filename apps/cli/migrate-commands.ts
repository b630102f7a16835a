import type { Command } from 'commander';
import type { CommandName, CommandOptions } from './run-command.ts';

type Run = (name: CommandName, options: CommandOptions) => Promise<void>;
type Asked = {
  readonly json?: true;
  readonly secondLook?: true;
  readonly confirm?: string;
  readonly endpoint?: string;
  readonly triggers?: true;
  readonly throttle?: string;
};

const unit = ['[unit]', 'What is moved; events, which is all that can be so far', 'events'] as const;
const byTriggers = [
  '--triggers',
  "Capture the legacy's changes by triggers, also where its log could be read; counts at the first start",
] as const;
const typedOut = ['--confirm <unit>', 'The name of the unit, typed out, instead of being asked for it'] as const;

/** Describes `migrate` and what can be done with it. */
export function addMigrateCommands(program: Command, run: Run): void {
  const migrate = program
    .command('migrate')
    .summary('Move a unit from the legacy to this system, and back')
    .description(
      'Moves a unit (its routes, its rows, its messages) from the running legacy to this system, and back, while clients ' +
        "write. LEGACY_DATABASE_URL is the legacy's database, for a role that nobody else uses; DATABASE_URL is the new one.\n" +
        'docs/takeover.md tells how it works.',
    );
  addLooking(migrate, run);
  addRunning(migrate, run);
  addReading(migrate, run);
  addMoving(migrate, run);
}

function addLooking(migrate: Command, run: Run): void {
  migrate
    .command('plan')
    .argument(...unit)
    .summary('Say what will happen, and what is missing for it')
    .description('Says what will be done in which database, and which right or setting is missing. Changes nothing.')
    .option('--json', 'Print one JSON object')
    .option(...byTriggers)
    .action((of: string, options: Asked) => run('migrate plan', { ...options, of }));
  migrate
    .command('status')
    .argument(...unit)
    .summary('Show owner, epoch, lag, rejects and gates')
    .description(
      'Shows how the unit stands, and which gate is closed and why. Exit code 1 when one is. Changes nothing.',
    )
    .option('--json', 'Print one JSON object')
    .action((of: string, options: Asked) => run('migrate status', { ...options, of }));
  migrate
    .command('verify')
    .argument(...unit)
    .summary('Compare all rows of both sides')
    .description('Compares every row of both sides, down to the column. Exit code 1 when they differ. Changes nothing.')
    .option('--second-look', 'By other means, in one pass over both; only while nobody writes')
    .option('--json', 'Print one JSON object')
    .action((of: string, options: Asked) => run('migrate verify', { ...options, of }));
  migrate
    .command('rejects')
    .argument(...unit)
    .summary('List the rows that have no place on the other side, and why')
    .description(
      'Lists the rows that could not be carried over, and why. While there are any, the unit cannot be switched.',
    )
    .option('--json', 'Print one JSON array')
    .option('--replay', 'Try each of them again, as after they or the mapping were mended')
    .action((of: string, options: Asked) => run('migrate rejects', { ...options, of }));
  migrate
    .command('journal')
    .summary('Print what was done and seen, and check that nothing was changed in it')
    .description('Prints the journal and checks its chain of hashes. Exit code 1 when it was tampered with.')
    .option('--json', 'Print one JSON object an entry')
    .action((options: Asked) => run('migrate journal', options));
}

function addRunning(migrate: Command, run: Run): void {
  migrate
    .command('start')
    .argument(...unit)
    .summary('Carry the rows, until it is ended')
    .description(
      'Raises the fence with the legacy as the owner, copies the rows and follows the changes in both directions until it is ' +
        'ended with Ctrl-C; started again, it goes on where it was. It also finishes moves that somebody has left.',
    )
    .option(...byTriggers)
    .option('--throttle <ms>', 'As `migrate throttle` does it, from the first row on; off ends it')
    .action((of: string, options: Asked) => run('migrate start', { ...options, of }));
  const steering = [
    ['pause', 'Let copy and streams stand still; the servers keep their logs for them meanwhile'],
    ['resume', 'Let them go on'],
  ] as const;
  for (const [name, summary] of steering) {
    migrate
      .command(name)
      .argument(...unit)
      .summary(summary)
      .description(`${summary}. Holds at once, for the process that carries the rows, wherever that runs.`)
      .action((of: string, options: Asked) => run(`migrate ${name}`, { ...options, of }));
  }
  migrate
    .command('throttle')
    .argument('<ms>', 'How slow a query at the legacy may be, in ms, or off')
    .argument(...unit)
    .summary('Let the copy give way while the legacy is slower than this')
    .description(
      'Before each chunk, and all the while one is copied, the copy asks the legacy for something small. Where that takes longer ' +
        'than this, it rests for 99 times as long as the chunk took, so that of a hundred clients at most one meets it; where it ' +
        'does not, the copy recovers chunk by chunk. Without a limit it goes as fast as it can.',
    )
    .action((ms: string, of: string, options: Asked) => run('migrate throttle', { ...options, of, ids: [ms] }));
}

function addReading(migrate: Command, run: Run): void {
  const endpoint = ['--endpoint <endpoint>', 'Only of these reads, such as "GET /events/{id}"'] as const;
  migrate
    .command('reads')
    .argument('<unit>', 'What is moved, such as events')
    .argument('<percent>', 'How many of the reads, from 0 to 100')
    .summary('Let the side that does not own the unit answer a share of its reads')
    .description(
      'Gateways send that share of the reads to the side that does not own the unit, while it has what the owner wrote until ' +
        'two seconds ago; always the same aggregates, and the lists of the same clients. It ends with the next switch.',
    )
    .option(...endpoint)
    .action((of: string, percent: string, options: Asked) => run('migrate reads', { ...options, of, ids: [percent] }));
  const shadow = migrate
    .command('shadow')
    .summary('Compare the answers of both sides')
    .description('Gateways ask the side that does not own the unit, too, off the way of the client, and compare.');
  shadow
    .command('set')
    .argument('<percent>', 'How many of the reads, from 0 to 100')
    .argument(...unit)
    .summary('Let gateways compare a share of the reads')
    .description('Holds in a second for gateways that have LEGACY_DATABASE_URL, until something else is said.')
    .option(...endpoint)
    .action((percent: string, of: string, options: Asked) =>
      run('migrate shadow set', { ...options, of, ids: [percent] }),
    );
  shadow
    .command('report')
    .argument(...unit)
    .summary('Show what was compared and what differs')
    .description('Shows what became of the reads, and what differs, with examples. Exit code 1 unless all is clean.')
    .option('--json', 'Print one JSON object')
    .action((of: string, options: Asked) => run('migrate shadow report', { ...options, of }));
}

function addMoving(migrate: Command, run: Run): void {
  const moves = [
    [
      'switch',
      'Make this system the owner',
      'Moves the unit to this system. Writes wait for it, at the gateways; none fails. The process of `migrate start` does it.',
    ],
    [
      'rollback',
      'Make the legacy the owner again',
      'Moves the unit back to the legacy, with all that was written since. The process of `migrate start` does it.',
    ],
    [
      'accept',
      'Go on with tables that have changed',
      'Follows the tables as they are now, after one was changed and its stream has stopped. First stop `migrate start`, and see ' +
        'to it that the mapping knows the new columns, or can do without. Nothing after the change was applied, and all of it will be.',
    ],
    [
      'abandon',
      'Remove all that was put into the databases for the move',
      'Removes slots, triggers and tables of the move from both databases. Rows stay as they are.',
    ],
  ] as const;
  for (const [name, summary, description] of moves) {
    migrate
      .command(name)
      .argument('<unit>', 'What is moved, such as events')
      .summary(summary)
      .description(description)
      .option(...typedOut)
      .action((of: string, options: Asked) => run(`migrate ${name}`, { ...options, of }));
  }
}

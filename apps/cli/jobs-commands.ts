import type { Command } from 'commander';
import type { CommandName, CommandOptions } from './run-command.ts';

type Run = (name: CommandName, options: CommandOptions) => Promise<void>;

/** Describes `jobs` and what can be done with them. */
export function addJobsCommands(program: Command, run: Run): void {
  const jobs = program
    .command('jobs')
    .summary('List the queues of jobs; show, run or retry one')
    .description(
      'Lists every queue: its schedule (cron, in UTC), how many jobs wait, run and have failed, since when the oldest ' +
        'waits, and how the last one went. Beside a running shop or without one; jobs run only in a shop.',
    )
    .option('--json', 'Print one JSON array')
    .action((options) => run('jobs', options));
  jobs
    .command('show')
    .argument('<queue or id>', 'A queue, or the id of a job')
    .summary('Show the newest jobs of a queue, or one job')
    .description('Shows the newest 20 jobs of a queue, or one job with its whole result or error.')
    .option('--json', 'Print JSON')
    // Commander gives an option that the command above has too to that one.
    .action((of: string, _options, command: Command) => run('jobs show', { ...command.optsWithGlobals(), of }));
  jobs
    .command('run')
    .argument('<queue>')
    .summary('Send a job now')
    .description('Sends a job of the queue, which a running shop takes up within ten seconds.')
    .action((of: string) => run('jobs run', { of }));
  jobs
    .command('retry')
    .argument('[id]')
    .summary('Try a failed job again')
    .description('Lets a failed job wait for another try, and takes it out of the dead letters.')
    .option('--all <queue>', 'All failed jobs of a queue')
    .action((of: string | undefined, options) => run('jobs retry', { ...options, ...(of !== undefined && { of }) }));
}

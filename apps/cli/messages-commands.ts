import { type Command, Option } from 'commander';
import type { CommandName, CommandOptions } from './run-command.ts';

type Run = (name: CommandName, options: CommandOptions) => Promise<void>;
type Looking = { readonly queue?: string; readonly json?: true };
type Handling = { readonly all?: boolean; readonly queue?: string; readonly yes?: true };

/** Describes `messages` and what can be done with them. */
export function addMessagesCommands(program: Command, run: Run): void {
  const messages = program
    .command('messages')
    .summary('See and handle the messages that are parked')
    .description(
      'A message that cannot be applied is tried three times and then parked, for a person to see. Works beside a ' +
        'running shop or without one, with the embedded broker or with RabbitMQ (AMQP_URL).',
    );
  addLooking(messages, run);
  addHandling(messages, run);
}

function addLooking(messages: Command, run: Run): void {
  messages
    .command('parked')
    .summary('List what is parked, and why')
    .description('Lists the messages that are parked, oldest first in each queue. Changes nothing.')
    .addOption(inOneQueue())
    .option('--json', 'Print one JSON array, with headers and bodies')
    .action((options: Looking) => run('messages parked', options));
  messages
    .command('show')
    .argument('<id>', 'The id, or its first characters')
    .summary('Show one with its headers and its body')
    .description('Shows everything about one parked message. Changes nothing.')
    .addOption(inOneQueue())
    .option('--json', 'Print one JSON object')
    .action((id: string, options: Looking) => run('messages show', { ...options, ids: [id] }));
  messages
    .command('queues')
    .summary('List the queues: how many wait, how many are parked')
    .description('Lists the queues, with how many messages wait to be handled and how many are parked.')
    .option('--json', 'Print one JSON array')
    .action((options: Looking) => run('messages queues', options));
}

function addHandling(messages: Command, run: Run): void {
  messages
    .command('retry')
    .argument('[ids...]', 'Ids, or their first characters')
    .summary('Put them back into their queue, at its end')
    .description(
      'Puts messages back into their queue, at its end and as they first came; a running shop handles them at once. ' +
        'Exit code 1 when one is not parked.',
    )
    .option('--all', 'All that are parked')
    .addOption(inOneQueue())
    .action((ids: string[], { all = false, ...options }: Handling) =>
      run('messages retry', { ...options, ids, every: all }),
    );
  messages
    .command('drop')
    .argument('[ids...]', 'Ids, or their first characters')
    .summary('Delete them for good')
    .description('Deletes parked messages for good. Exit code 1 when one is not parked.')
    .option('--all', 'All that are parked; asks first')
    .addOption(inOneQueue())
    .option('--yes', 'Do not ask')
    .action((ids: string[], { all = false, ...options }: Handling) =>
      run('messages drop', { ...options, ids, every: all }),
    );
}

function inOneQueue(): Option {
  return new Option('--queue <name>', 'Only in this queue');
}

import { StartError } from '@ticketbuddy/errors';
import type { BrokerAdmin, ParkedMessage } from '@ticketbuddy/messaging';
import { type Choice, choose } from './chosen-messages.ts';
import type { Context } from './context.ts';
import { countOf, reportDepths, reportMessage, reportParked } from './messages-report.ts';
import { openAdmin, queueNames } from './open-admin.ts';

export type MessagesOptions = {
  /** Ids, or the first characters of them. */
  readonly ids?: readonly string[];
  readonly every?: boolean;
  readonly queue?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
};

const nothingIsParked = 'No message is parked.';

/** Lists what is parked, oldest first in each queue. */
export async function parkedMessages(context: Context, { queue, json = false }: MessagesOptions): Promise<number> {
  const { terminal } = context;
  return withQueues(context, queue, async (admin, queues) => {
    const messages = await allParked(context, admin, queues);
    if (json) terminal.print(JSON.stringify(messages));
    else terminal.print(messages.length === 0 ? nothingIsParked : reportParked(messages, terminal));
    return 0;
  });
}

/** Shows one message with its headers and its body. */
export async function showMessage(
  context: Context,
  { ids = [], queue, json = false }: MessagesOptions,
): Promise<number> {
  const { terminal } = context;
  return withQueues(context, queue, async (admin, queues) => {
    const [message] = choose(await allParked(context, admin, queues), ids);
    if (message) terminal.print(json ? JSON.stringify(message) : reportMessage(message, terminal));
    return 0;
  });
}

/** Puts messages back into their queues. Exit code 1 when one was not there any more. */
export async function retryMessages(context: Context, options: MessagesOptions): Promise<number> {
  refuseUnclear('retry', options);
  return withQueues(context, options.queue, async (admin, queues) => {
    const choice = await choiceOf(context, admin, queues, options);
    if (choice === undefined) return 0;
    return handle(context, choice, {
      each: (queue, ids) => admin.retry(queue, ids),
      done: 'put back; ticketbuddy messages parked shows what is parked again',
    });
  });
}

/** Deletes messages for good; all of them only when the person says so. Exit code 1 when one was not there any more. */
export async function dropMessages(context: Context, options: MessagesOptions): Promise<number> {
  refuseUnclear('drop', options);
  return withQueues(context, options.queue, async (admin, queues) => {
    const choice = await choiceOf(context, admin, queues, options);
    if (choice === undefined) return 0;
    if (options.every && !options.yes && !(await confirm(context, choice))) {
      context.terminal.print('Nothing was deleted.');
      return 1;
    }
    return handle(context, choice, { each: (queue, ids) => admin.drop(queue, ids), done: 'deleted' });
  });
}

/** Lists the queues, with how many messages wait and are parked. */
export async function listOfMessageQueues(context: Context, { json = false }: MessagesOptions): Promise<number> {
  const { terminal } = context;
  return withQueues(context, undefined, async (admin, queues) => {
    const depths = await admin.depths(queues);
    if (json) terminal.print(JSON.stringify(depths));
    else if (depths.length === 0) terminal.print('There are no queues yet: start the shop once, which makes them.');
    else terminal.print(reportDepths(depths, terminal));
    return 0;
  });
}

async function withQueues(
  context: Context,
  queue: string | undefined,
  use: (admin: BrokerAdmin, queues: readonly string[]) => Promise<number>,
): Promise<number> {
  const queues = queueNames(context);
  if (queue !== undefined && !queues.includes(queue))
    throw new StartError(`There is no queue "${queue}"; there are ${queues.join(', ')}.`);
  await using open = await openAdmin(context);
  return await use(open.admin, queue === undefined ? queues : [queue]).catch(refuseUnfit);
}

async function allParked({ terminal }: Context, admin: BrokerAdmin, queues: readonly string[]) {
  const messages: ParkedMessage[] = [];
  for (const queue of queues) {
    terminal.interrupted.throwIfAborted();
    terminal.status(`Looking at ${queue}`);
    messages.push(...(await admin.parked(queue)));
  }
  return messages;
}

function refuseUnclear(verb: string, { ids = [], every = false }: MessagesOptions): void {
  if (every !== ids.length > 0) return;
  throw new StartError(
    `Say which messages to ${verb}: by their ids, or --all; ticketbuddy messages parked shows them.`,
  );
}

/** What was chosen, by queue; nothing when there is nothing. */
async function choiceOf(
  context: Context,
  admin: BrokerAdmin,
  queues: readonly string[],
  { ids = [], every = false }: MessagesOptions,
): Promise<Choice | undefined> {
  const parked = await allParked(context, admin, queues);
  const chosen = every ? parked : choose(parked, ids);
  if (chosen.length > 0) return Map.groupBy(chosen, ({ queue }) => queue);
  context.terminal.print(nothingIsParked);
  return undefined;
}

async function confirm({ terminal }: Context, choice: Choice): Promise<boolean> {
  const [count, queues] = [countOf(totalOf(choice)), [...choice.keys()].join(', ')];
  const answer = terminal.ask(`Delete ${count} of ${queues} for good?`);
  if (answer === undefined) throw new StartError(`This deletes ${count} of ${queues} for good; say so with --yes.`);
  return answer;
}

type Handling = {
  readonly each: (queue: string, ids: readonly string[]) => Promise<readonly string[]>;
  readonly done: string;
};

async function handle({ terminal }: Context, choice: Choice, { each, done }: Handling): Promise<number> {
  let left = totalOf(choice);
  for (const [queue, messages] of choice) {
    terminal.interrupted.throwIfAborted();
    terminal.status(`Handling ${countOf(messages.length)} of ${queue}`);
    const handled = await each(queue, [...new Set(messages.map(({ id }) => id))]);
    left -= handled.length;
    terminal.print(`${queue}: ${countOf(handled.length)} ${done}.`);
  }
  if (left <= 0) return 0;
  terminal.complain(`${countOf(left)} ${left === 1 ? 'was' : 'were'} not parked any more.`);
  return 1;
}

function totalOf(choice: Choice): number {
  return [...choice.values()].reduce((total, messages) => total + messages.length, 0);
}

// By PostgreSQL's error code.
const unfit: Readonly<Record<string, string>> = {
  '42P01': 'There are no messages yet: the database has no queues; start the shop once, which makes them.',
  '3F000': 'There are no messages yet: the database has no queues; start the shop once, which makes them.',
  '42501':
    'The database user may not do that: it needs every right on broker.messages, and to look only that to select.',
};

function refuseUnfit(error: unknown): never {
  const reason = unfit[String((error as { code?: unknown }).code)];
  if (reason === undefined) throw error;
  throw new StartError(reason);
}

import assert from 'node:assert/strict';
import type { Message } from '@ticketbuddy/messaging';
import { aMessage, type BrokerPromise, messagesOf, PassingTrouble, type Trial } from './broker-under-test.ts';

export const failurePromises: readonly BrokerPromise[] = [
  ['a failing message is tried again after each delay, then parked with its reason and attempts', boundedRetries],
  ['what fails for a reason that passes is tried until it has passed, and never parked', passingTrouble],
  ['messages of one key wait behind the one that is tried again', retriedInOrder],
  ['a poison message holds up neither the other keys nor, once parked, its own', poisonBlocksNobody],
];

async function boundedRetries(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const { delaysMs } = trial.limits;
  const triedAt: number[] = [];
  trial.consume(trial.broker, queue, async () => {
    triedAt.push(performance.now());
    throw new Error('cannot be read');
  });
  const poison = aMessage({ urn: queue.urn });
  await trial.broker.publish([poison]);
  await trial.until('it is parked', () => isParked(trial, queue.name, poison));
  const attempts = delaysMs.length + 1;
  assert.deepEqual(await trial.parked(queue.name), [{ id: poison.id, reason: 'cannot be read', attempts }]);
  assert.deepEqual(trial.reported.parked, [poison.id]);
  assert.equal(triedAt.length, attempts);
  assert.deepEqual(
    trial.reported.failed.toSorted(),
    [...triedAt.keys()].map((n) => n + 1),
  );
  assertDelays(triedAt, delaysMs);
}

// A timer may fire a millisecond early, as another clock sees it.
function assertDelays(triedAt: readonly number[], delaysMs: readonly number[]): void {
  for (const [n, delayMs] of delaysMs.entries()) {
    const waitedMs = (triedAt[n + 1] ?? 0) - (triedAt[n] ?? 0);
    assert.ok(waitedMs >= delayMs - 2, `tried again after ${waitedMs} ms instead of ${delayMs}`);
  }
}

async function passingTrouble(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  let troubles = trial.limits.delaysMs.length + 2;
  const handled: string[] = [];
  trial.consume(trial.broker, queue, async ({ id }) => {
    if (troubles-- > 0) throw new PassingTrouble('the database is away');
    handled.push(id);
  });
  const message = aMessage({ urn: queue.urn });
  await trial.broker.publish([message]);
  await trial.until('it is handled', () => handled.length > 0);
  assert.deepEqual(handled, [message.id]);
  assert.deepEqual(await trial.parked(queue.name), []);
}

async function retriedInOrder(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const handled: Message[] = [];
  const failing = new Set(['2', '4']);
  trial.consume(trial.broker, queue, async (message) => {
    if (failing.delete(`${message.version}`)) throw new Error('not yet');
    handled.push(message);
  });
  const messages = messagesOf(queue.urn, ['a'], 6);
  await trial.broker.publish(messages);
  await trial.until('all are handled', () => handled.length >= messages.length);
  assert.deepEqual(
    handled.map(({ version }) => version),
    messages.map(({ version }) => version),
  );
}

async function poisonBlocksNobody(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const [poison, behindIt] = messagesOf(queue.urn, ['a'], 2) as [Message, Message];
  const others = messagesOf(queue.urn, ['b', 'c'], 5);
  const order: string[] = [];
  trial.consume(trial.broker, queue, async ({ id }) => {
    order.push(id);
    if (id === poison.id) throw new Error('cannot be read');
  });
  await trial.broker.publish([poison, behindIt, ...others]);
  await trial.until('the one behind it is handled', () => order.includes(behindIt.id));
  const lastAttempt = order.lastIndexOf(poison.id);
  for (const { id } of others) assert.ok(order.indexOf(id) < lastAttempt && order.includes(id));
  assert.ok(order.indexOf(behindIt.id) > lastAttempt);
  await trial.until('it is parked', () => isParked(trial, queue.name, poison));
}

async function isParked(trial: Trial, queue: string, { id }: Message): Promise<boolean> {
  return trial.reported.parked.includes(id) && (await trial.parked(queue)).some((parked) => parked.id === id);
}

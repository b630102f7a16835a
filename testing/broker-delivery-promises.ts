import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Message } from '@ticketbuddy/messaging';
import { aMessage, type BrokerPromise, messagesOf, type Trial } from './broker-under-test.ts';

export const deliveryPromises: readonly BrokerPromise[] = [
  ['a message arrives as it was sent', arrivesAsSent],
  ['every confirmed message is handled', everyOneIsHandled],
  ['a message is handled once while nothing fails', handledOnce],
  ['messages of one key are handled one after the other, in the order in which they were published', inOrder],
  ['every queue that wants a message type gets it, and no other', onlyToThoseWhoWant],
  ['no more messages than the limit are in the hands of a handler at once', backPressure],
  ['two consumers of one queue share its work, and the one that stays takes all', sharedWork],
  ['a consumer that is stopped finishes what it began and leaves the rest in order', stopsCleanly],
  ['a confirmed message survives a restart of the server', survivesRestart],
  ['a message in the hands of a process that dies is handled by another', redelivered],
  ['messages of one key stay in order when the process that handles them dies', redeliveredInOrder],
];

async function arrivesAsSent(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const arrived: Message[] = [];
  trial.consume(trial.broker, queue, async (message) => void arrived.push(message));
  const body = { zebra: null, apple: '25.50', mango: [1, { deep: 'ö' }] };
  const sent = aMessage({ urn: queue.urn, key: 'k', version: 7, body });
  await trial.broker.publish([sent]);
  await trial.until('the message arrives', () => arrived.length > 0);
  const { sentAt, ...rest } = sent;
  assert.deepEqual({ ...arrived[0], sentAt: undefined }, { ...rest, sentAt: undefined });
  assert.equal(JSON.stringify(arrived[0]?.body), JSON.stringify(body));
  const offNs = Math.abs(Number((arrived[0]?.sentAt.epochNanoseconds ?? 0n) - sentAt.epochNanoseconds));
  assert.ok(offNs < 1_000, `the sending time is ${offNs} ns off`);
}

async function everyOneIsHandled(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const handled = new Set<string>();
  trial.consume(trial.broker, queue, async ({ id }) => void handled.add(id));
  const messages = messagesOf(queue.urn, manyKeys, 15);
  await trial.broker.publish(messages);
  await trial.until('all are handled', () => messages.every(({ id }) => handled.has(id)));
}

async function handledOnce(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const handled: string[] = [];
  trial.consume(trial.broker, queue, async ({ id }) => void handled.push(id));
  await trial.broker.publish(messagesOf(queue.urn, manyKeys, 10));
  const last = messagesOf(queue.urn, manyKeys, 1);
  await trial.broker.publish(last);
  await trial.until('the last of each key are handled', () => last.every(({ id }) => handled.includes(id)));
  assert.equal(handled.length, new Set(handled).size);
}

async function inOrder(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const handled: Message[] = [];
  const atWork = new Set<string>();
  trial.consume(trial.broker, queue, async (message) => {
    assertAlone(atWork, message.key);
    for (let n = handled.length % 4; n > 0; n--) await turn();
    atWork.delete(message.key);
    handled.push(message);
  });
  const messages = messagesOf(queue.urn, ['a', 'b', 'c'], 40);
  for (let n = 0; n < messages.length; n += 30) await trial.broker.publish(messages.slice(n, n + 30));
  await trial.until('all are handled', () => handled.length >= messages.length);
  assert.deepEqual(trial.reported.failed, []);
  assertInOrder(handled);
}

function assertAlone(atWork: Set<string>, key: string): void {
  assert.ok(!atWork.has(key), `two messages of ${key} at once`);
  atWork.add(key);
}

async function onlyToThoseWhoWant(trial: Trial): Promise<void> {
  const [songs, dances] = [await trial.queue(), await trial.queue()];
  const both = { name: `${songs.name}-both`, urns: [songs.urn, dances.urn] };
  await trial.broker.declare([both]);
  const got = new Map<string, string[]>();
  for (const queue of [songs, dances, both]) {
    got.set(queue.name, []);
    trial.consume(trial.broker, queue, async ({ id }) => void got.get(queue.name)?.push(id));
  }
  const [song, dance] = [aMessage({ urn: songs.urn }), aMessage({ urn: dances.urn })];
  await trial.broker.publish([song, dance, aMessage({ urn: 'urn:message:Nobody:Wants' })]);
  const lasts = [aMessage({ urn: songs.urn }), aMessage({ urn: dances.urn })];
  await trial.broker.publish(lasts);
  const [lastSong, lastDance] = lasts.map(({ id }) => id);
  await trial.until('every queue got its last', () => {
    const had = (queue: string, id = '') => got.get(queue)?.includes(id) ?? false;
    return had(songs.name, lastSong) && had(dances.name, lastDance) && lasts.every(({ id }) => had(both.name, id));
  });
  assert.deepEqual(got.get(songs.name), [song.id, lastSong]);
  assert.deepEqual(got.get(dances.name), [dance.id, lastDance]);
  assert.deepEqual(new Set(got.get(both.name)), new Set([song.id, dance.id, lastSong, lastDance]));
}

async function backPressure(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const { inHandsMax } = trial.limits;
  const [gate, handled] = [trial.gate(), new Set<string>()];
  const [counts, atOnce] = [{ inHands: 0 }, [] as number[]];
  trial.consume(trial.broker, queue, async ({ id }) => {
    atOnce.push(++counts.inHands);
    await gate.opened;
    counts.inHands -= 1;
    handled.add(id);
  });
  const messages = Array.from({ length: inHandsMax * 3 + 10 }, (_, n) => aMessage({ urn: queue.urn, key: `${n}` }));
  await trial.broker.publish(messages);
  await trial.until('the hands are full', () => counts.inHands >= inHandsMax);
  // Whatever more the server would push at once comes before this is confirmed.
  await trial.broker.publish([aMessage({ urn: queue.urn, key: 'last' })]);
  gate.open();
  await trial.until('all are handled', () => messages.every(({ id }) => handled.has(id)));
  assert.ok(Math.max(...atOnce) <= inHandsMax, `${Math.max(...atOnce)} at once`);
}

async function sharedWork(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const handled: string[] = [];
  const handle = async ({ id }: Message) => void handled.push(id);
  const other = await trial.another();
  await other.declare([queue]);
  const first = trial.consume(trial.broker, queue, handle);
  trial.consume(other, queue, handle);
  const [before, after] = [messagesOf(queue.urn, manyKeys, 10), messagesOf(queue.urn, manyKeys, 2)];
  await trial.broker.publish(before);
  await trial.until('all are handled', () => before.every(({ id }) => handled.includes(id)));
  await first.stop();
  await trial.broker.publish(after);
  await trial.until('the one that stays takes all', () => after.every(({ id }) => handled.includes(id)));
  assert.equal(handled.length, before.length + after.length);
}

async function stopsCleanly(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const [gate, begun, finished] = [trial.gate(), [] as string[], [] as string[]];
  const first = trial.consume(trial.broker, queue, async ({ id }) => {
    begun.push(id);
    await gate.opened;
    await turn();
    finished.push(id);
  });
  const messages = messagesOf(queue.urn, ['a'], 5);
  await trial.broker.publish(messages);
  await trial.until('the first is begun', () => begun.length > 0);
  const stopped = first.stop();
  gate.open();
  await stopped;
  assert.deepEqual(finished, begun);
  const rest: string[] = [];
  trial.consume(trial.broker, queue, async ({ id }) => void rest.push(id));
  await trial.until('the others are handled', () => finished.length + rest.length >= messages.length);
  assert.deepEqual(
    [...finished, ...rest],
    messages.map(({ id }) => id),
  );
}

async function survivesRestart(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const messages = messagesOf(queue.urn, manyKeys, 3);
  await trial.broker.publish(messages);
  await trial.restart();
  const handled = new Set<string>();
  trial.consume(trial.broker, queue, async ({ id }) => void handled.add(id));
  await trial.until('all are handled', () => messages.every(({ id }) => handled.has(id)));
}

async function redelivered(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const [gate, begun, handled] = [trial.gate(), [] as string[], new Set<string>()];
  trial.consume(trial.broker, queue, async ({ id }) => {
    begun.push(id);
    await gate.opened;
  });
  const messages = messagesOf(queue.urn, ['a', 'b', 'c'], 2);
  await trial.broker.publish(messages);
  await trial.until('one is begun', () => begun.length > 0);
  const survivor = await trial.another();
  await survivor.declare([queue]);
  await trial.crash();
  trial.consume(survivor, queue, async ({ id }) => void handled.add(id));
  await trial.until('all are handled', () => messages.every(({ id }) => handled.has(id)));
}

async function redeliveredInOrder(trial: Trial): Promise<void> {
  const queue = await trial.queue();
  const [gate, before, after] = [trial.gate(), [] as Message[], [] as Message[]];
  trial.consume(trial.broker, queue, async (message) => {
    if (before.length >= 10) await gate.opened;
    before.push(message);
  });
  const messages = messagesOf(queue.urn, ['a', 'b'], 20);
  const survivor = await trial.another();
  await survivor.declare([queue]);
  await trial.broker.publish(messages);
  await trial.until('the work is half done', () => before.length >= 10);
  await trial.crash();
  trial.consume(survivor, queue, async (message) => void after.push(message));
  await trial.until('the last of each key are handled', () => messages.slice(-2).every(({ id }) => has(after, id)));
  assertInOrder(after);
  assert.ok(messages.every(({ id }) => has(before, id) || has(after, id)));
}

const manyKeys = Array.from({ length: 20 }, (_, n) => `key ${n}`);

function has(messages: readonly Message[], id: string): boolean {
  return messages.some((message) => message.id === id);
}

function assertInOrder(handled: readonly Message[]): void {
  const versions = new Map<string, number>();
  for (const { key, version = 0 } of handled) {
    assert.ok(version > (versions.get(key) ?? 0), `version ${version} of ${key} after ${versions.get(key)}`);
    versions.set(key, version);
  }
}

import type { AsyncMessage, Channel } from 'rabbitmq-client';
import { repeat } from './loop.ts';
import { exchangeOf } from './masstransit/envelope.ts';
import { readEnvelope } from './masstransit/read-envelope.ts';
import type { Subscription } from './message.ts';
import { closeConnection, openChannel, openConnection } from './rabbitmq-channel.ts';
import { stateOf } from './rabbitmq-held.ts';
import { sendConfirmed } from './rabbitmq-publisher.ts';
import { assertExchange } from './rabbitmq-topology.ts';
import { toDelivery } from './rabbitmq-work.ts';
import type { Heard, Tap, TapOptions, TapReader } from './tap.ts';

const lengthMaxUsual = 100_000;
// When nobody has read it for so long, the server deletes it: it must not fill a disk for a move that was given up.
const unusedMs = 604_800_000;
const prefetch = 500;
const idleMs = 1_000;
// What comes in close succession is handed on together. Somebody waits for a mark.
const gatherMs = 100;
const markType = 'TicketBuddy.Mark';

type Open = () => Promise<Channel>;
type Queue = Required<Omit<TapOptions, 'url'>>;

export function openRabbitTap({ url, lengthMax = lengthMaxUsual, ...options }: TapOptions): Tap {
  const connection = openConnection(url, 'ticketbuddy-tap');
  const open = () => openChannel(connection, url);
  const queue = { ...options, lengthMax };
  const marking = keptChannel(open);
  return {
    readers: async () => (await lookAt(open, queue))?.consumerCount,
    read: (reader) => readTap(open, queue, reader),
    mark: async (mark) => sendMark(await marking.get(), queue, mark),
    remove: () => onChannel(open, async (channel) => void (await channel.queueDelete({ queue: queue.queue }))),
    async close() {
      await marking.close();
      await closeConnection(connection);
    },
  };
}

async function onChannel<R>(open: Open, work: (channel: Channel) => Promise<R>): Promise<R> {
  const channel = await open();
  try {
    return await work(channel);
  } finally {
    await channel.close();
  }
}

/** One that confirms, opened when it is first asked for and kept: who sends a mark has clients waiting. */
function keptChannel(open: Open) {
  let kept: Channel | undefined;
  return {
    async get(): Promise<Channel> {
      if (kept?.active) return kept;
      kept = await open();
      await kept.confirmSelect();
      return kept;
    },
    close: async () => kept?.close(),
  };
}

function lookAt(open: Open, { queue }: Queue) {
  return onChannel(open, (channel) => stateOf(channel, queue));
}

async function sendMark(channel: Channel, { queue }: Queue, mark: string): Promise<void> {
  const properties = { messageId: mark, type: markType, headers: {} };
  await sendConfirmed(channel, [{ exchange: '', routingKey: queue, properties, body: '', mandatory: true }]);
}

/** What has come over one channel and was not handed on yet. */
type Arriving = { readonly channel: Channel; readonly waiting: AsyncMessage[] };

function readTap(open: Open, queue: Queue, reader: TapReader): Subscription {
  let arriving: Arriving | undefined;
  let gathering: NodeJS.Timeout | undefined;
  const loop = repeat(pass, { idleMs, onError: reader.onError });
  return {
    async stop() {
      clearTimeout(gathering);
      await loop.stop();
      await arriving?.channel.close();
    },
  };

  async function pass(): Promise<number> {
    // A channel may end before anybody listens for that.
    if (!arriving?.channel.active) arriving = await arrive();
    const { channel, waiting } = arriving;
    const taken = waiting.splice(0);
    const last = taken.at(-1);
    if (!last) return 0;
    try {
      await reader.heard(taken.flatMap((delivered) => heardIn(delivered, queue)));
    } catch (error) {
      // Over the next channel they come again.
      arriving = undefined;
      await channel.close();
      throw error;
    }
    if (channel.active) channel.basicAck({ deliveryTag: last.deliveryTag, multiple: true });
    return taken.length;
  }

  function wakeLater(): void {
    gathering = undefined;
    loop.wake();
  }

  async function arrive(): Promise<Arriving> {
    const state = await lookAt(open, queue);
    const isWhole = state !== undefined && state.messageCount < queue.lengthMax && (await reader.hasBegun());
    const channel = await open();
    try {
      if (!isWhole) await reader.begin(() => makeQueue(channel, queue));
      const waiting: AsyncMessage[] = [];
      await consume({ channel, waiting });
      return { channel, waiting };
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  async function consume({ channel, waiting }: Arriving): Promise<void> {
    const forget = () => {
      if (arriving?.channel === channel) arriving = undefined;
      loop.wake();
    };
    channel.once('close', forget);
    channel.once('basic.cancel', () => void channel.close());
    await channel.basicQos({ prefetchCount: prefetch });
    await channel.basicConsume({ queue: queue.queue }, (delivered) => {
      waiting.push(delivered);
      if (isMark(delivered)) loop.wake();
      else gathering ??= setTimeout(wakeLater, gatherMs);
    });
  }
}

// A full queue throws away its oldest: to refuse the newest would refuse it to whoever publishes.
async function makeQueue(channel: Channel, { queue, urns, lengthMax }: Queue): Promise<void> {
  const args = {
    'x-queue-type': 'classic',
    'x-max-length': lengthMax,
    'x-overflow': 'drop-head',
    'x-expires': unusedMs,
    // Two readers would hear in no order.
    'x-single-active-consumer': true,
  } as const;
  await channel.queueDeclare({ queue, durable: true, arguments: args });
  for (const exchange of urns.map(exchangeOf)) {
    await assertExchange(channel, exchange);
    await channel.queueBind({ queue, exchange });
  }
}

function isMark({ exchange, type }: AsyncMessage): boolean {
  return exchange === '' && type === markType;
}

function heardIn(delivered: AsyncMessage, { urns }: Queue): Heard[] {
  if (isMark(delivered)) return [{ mark: delivered.messageId ?? '' }];
  try {
    const read = readEnvelope(toDelivery(delivered), { urns });
    return read.kind === 'message' ? [read.message] : [];
  } catch {
    // What nobody can read tells nothing, and must not come again and again.
    return [];
  }
}

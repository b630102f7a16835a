import { addToOutbox, type Message, once, outboxChannel, relayPass, repeat } from '@ticketbuddy/messaging';
import { createBareQueue, passThroughBareQueue } from './bare-queue.ts';
import type { BareRabbit } from './bare-rabbitmq.ts';
import { queue, type Servers, type Turn } from './message-servers.ts';
import { inBatches, newMessages, perSecond } from './message-stock.ts';

export type Bench = { readonly servers: Servers; readonly bare: BareRabbit; readonly count: number };

/** From the full outbox until RabbitMQ has confirmed all, against the bare publishing of the same bytes. */
export async function relayContest({ servers, bare, count }: Bench) {
  const wires = await wiresOf({ servers, bare, count });
  return {
    async ceiling() {
      const speed = await perSecond(count, () => bare.publish(wires));
      await bare.purge();
      return speed;
    },
    async ours() {
      await fillOutbox(servers, newMessages(count));
      const speed = await perSecond(count, async () => {
        while ((await relayPass(servers.pool, 'events', servers.rabbit)) > 0);
      });
      await bare.purge();
      return speed;
    },
  };
}

/** A full queue until it is empty: the inbox and nothing else, against acknowledging and nothing else. */
export function consumeContest({ servers, bare, count }: Bench) {
  return {
    async ceiling() {
      await publishAll(servers, count);
      return perSecond(count, () => bare.consume(count));
    },
    async ours() {
      await publishAll(servers, count);
      const applied = countdown(count);
      const handle = once(servers.db, 'tickets', async () => applied.one());
      return perSecond(count, async () => {
        const consumer = servers.rabbit.consume(queue.name, handle);
        await applied.all;
        await consumer.stop();
      });
    },
  };
}

/** Published until handled and gone, by a publisher and a consumer at once. */
export async function embeddedContest({ servers, count }: Bench) {
  await createBareQueue(servers.pool);
  return {
    ceiling() {
      const messages = newMessages(count);
      return perSecond(count, () => passThroughBareQueue(servers.pool, messages));
    },
    async ours() {
      const messages = newMessages(count);
      const turn = servers.onPostgres();
      const handled = countdown(count);
      const consumer = turn.broker.consume(queue.name, async () => handled.one());
      await turn.start();
      const speed = await perSecond(count, async () => {
        for (const batch of inBatches(messages)) await turn.broker.publish(batch);
        await handled.all;
        await consumer.stop();
      });
      await turn.end();
      return speed;
    },
  };
}

/** The whole way, against bare publishing and consuming at once. */
export async function rabbitContest(bench: Bench) {
  const { servers, bare, count } = bench;
  const wires = await wiresOf(bench);
  return {
    ceiling: () => perSecond(count, () => Promise.all([bare.publish(wires), bare.consume(count)])),
    ours: () => outboxToApplied(bench, servers.onRabbitMq()),
  };
}

/** From the full outbox through relay and broker until the last message is applied with its inbox. */
export async function outboxToApplied({ servers, count }: Bench, { broker, notifications, start, end }: Turn) {
  await fillOutbox(servers, newMessages(count));
  const applied = countdown(count);
  const speed = await perSecond(count, async () => {
    const consumer = broker.consume(
      queue.name,
      once(servers.db, 'tickets', async () => applied.one()),
    );
    const relay = repeat(() => relayPass(servers.pool, 'events', broker), { idleMs: 5_000 });
    notifications.listen(outboxChannel('events'), relay.wake);
    await start();
    await applied.all;
    await Promise.all([relay.stop(), consumer.stop()]);
  });
  await end();
  return speed;
}

/** Messages as our relay puts them on the wire. */
async function wiresOf({ servers, bare, count }: Bench) {
  await publishAll(servers, count);
  return bare.consume(count);
}

async function publishAll({ rabbit }: Servers, count: number): Promise<void> {
  for (const batch of inBatches(newMessages(count))) await rabbit.publish(batch);
}

async function fillOutbox({ db }: Servers, messages: readonly Message[]): Promise<void> {
  await db.transaction(async (tx) => {
    for (const message of messages) await addToOutbox(tx, 'events', message);
  });
}

function countdown(count: number) {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let left = count;
  return {
    all,
    one() {
      left -= 1;
      if (left === 0) resolve();
    },
  };
}

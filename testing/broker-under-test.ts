import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, BrokerReport, Message, Subscription } from '@ticketbuddy/messaging';

export type Handle = Parameters<Broker['consume']>[1];
export type Queue = Parameters<Broker['declare']>[0][number];

/** A broker as its checks see it: two processes of ours, and the server between them. */
export type BrokerUnderTest = {
  readonly broker: Broker;
  /** A second process on the same queues. */
  another(): Promise<Broker>;
  /** The first process dies: what is in its hands is never acknowledged, and it never takes anything again. */
  crash(): Promise<void>;
  /** The server goes away and comes back; the processes live on. */
  restart(): Promise<void>;
  /** What was set aside of a queue so far. */
  parked(queue: string): Promise<readonly Parked[]>;
  stop(): Promise<void>;
};

export type Parked = { readonly id: string; readonly reason: string; readonly attempts: number };

export type Limits = {
  /** After each failed attempt; after the last one the message is parked. */
  readonly delaysMs: readonly number[];
  /** How many messages may be in a handler's hands at once. */
  readonly inHandsMax: number;
  /** How long to wait for something that has to happen. */
  readonly boundMs: number;
};

export type Surroundings = {
  readonly report: BrokerReport;
  readonly isTransient: (error: unknown) => boolean;
};

/** Starts a broker that reports to `surroundings.report`. */
export type StartBroker = (surroundings: Surroundings) => Promise<BrokerUnderTest>;

/** An error that passes by itself. */
export class PassingTrouble extends Error {}

/** What one check works with; `end` lets go of everything it holds. */
export type Trial = Omit<BrokerUnderTest, 'stop'> & {
  readonly limits: Limits;
  readonly reported: { readonly failed: number[]; readonly parked: string[] };
  /** A queue of its own for messages of a type of its own. */
  queue(): Promise<Queue & { readonly urn: string }>;
  consume(broker: Broker, queue: Queue, handle: Handle): Subscription;
  /** Something to wait for until it is opened, or until the check ends. */
  gate(): { readonly opened: Promise<void>; open(): void };
  until(what: string, fact: () => boolean | Promise<boolean>): Promise<void>;
  end(): Promise<void>;
};

/** A fact, and how to see whether a broker makes it true: a broken promise throws. */
export type BrokerPromise = readonly [fact: string, see: (trial: Trial) => Promise<void>];

export async function startTrial(start: StartBroker, limits: Limits): Promise<Trial> {
  const reported = { failed: [] as number[], parked: [] as string[] };
  const { stop, ...brokers } = await start({
    isTransient: (error) => error instanceof PassingTrouble,
    report: {
      failed: (_message, _error, attempt) => reported.failed.push(attempt),
      parked: (_queue, id) => reported.parked.push(id),
      disconnected: () => undefined,
    },
  });
  const gates: (() => void)[] = [];
  const subscriptions: Subscription[] = [];
  return {
    ...brokers,
    limits,
    reported,
    queue: () => declareQueue(brokers.broker),
    consume(broker, { name }, handle) {
      const subscription = broker.consume(name, handle);
      subscriptions.push(subscription);
      return subscription;
    },
    gate() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.push(resolve);
      return { opened: promise, open: resolve };
    },
    until: (what, fact) => until(what, fact, limits.boundMs),
    async end() {
      for (const open of gates) open();
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      await stop();
    },
  };
}

export function aMessage(said: Partial<Message> & { readonly urn: string }): Message {
  return {
    id: randomUUID(),
    key: 'a',
    version: 1,
    sentAt: Temporal.Instant.from('2026-06-01T12:00:00.1234567Z'),
    body: { title: 'So What' },
    ...said,
  };
}

/** `count` messages of each key, versions rising, the keys taking turns. */
export function messagesOf(urn: string, keys: readonly string[], count: number): Message[] {
  return Array.from({ length: count * keys.length }, (_, n) =>
    aMessage({ urn, key: keys[n % keys.length] ?? '', version: Math.floor(n / keys.length) + 1 }),
  );
}

async function declareQueue(broker: Broker): Promise<Queue & { readonly urn: string }> {
  const nonce = randomUUID().slice(0, 8);
  const urn = `urn:message:Songs.Of.${nonce}:Song`;
  const queue = { name: `listeners-${nonce}`, urns: [urn] };
  await broker.declare([queue]);
  return { ...queue, urn };
}

async function until(what: string, fact: () => boolean | Promise<boolean>, boundMs: number): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!(await fact())) {
    if (performance.now() > deadline) throw new Error(`Not within ${boundMs} ms: ${what}`);
    await sleep(2);
  }
}

import type { Broker, Message } from '@ticketbuddy/messaging';
import type { Handle, Parked, Queue, StartBroker, Surroundings } from './broker-under-test.ts';

/** What a planted broker does wrong. */
export type Flaw =
  | 'drops one message in a hundred'
  | 'delivers some messages twice'
  | 'swaps neighbours'
  | 'handles one key in parallel'
  | 'changes the body'
  | 'sends everything to every queue'
  | 'pushes without limit'
  | 'gives each consumer every message'
  | 'cuts off a handler when it is stopped'
  | 'forgets everything at a restart'
  | 'acknowledges early'
  | 'puts what a dead process had at the end'
  | 'parks silently'
  | 'parks at the first failure'
  | 'never stops trying'
  | 'tries again at once'
  | 'parks what would pass'
  | 'lets others overtake what is tried again'
  | 'lets a poison message block the queue';

export const plantedLimits = { delaysMs: [10, 20], inHandsMax: 4, boundMs: 700 };

/** A broker in memory that keeps every promise but for its flaws. */
export function plantedBroker(...flaws: readonly Flaw[]): StartBroker {
  return async (surroundings) => {
    const server = new MemoryServer(new Set(flaws), surroundings);
    const first = new MemoryProcess(server);
    return {
      broker: first,
      another: async () => new MemoryProcess(server),
      crash: async () => first.die(),
      restart: async () => server.restart(),
      parked: async (queue) => server.queue(queue).parked,
      stop: async () => undefined,
    };
  };
}

type Entry = { message: Message; attempts: number; dueAt: number; taker?: Consumer | undefined };

type MemoryQueue = { urns: readonly string[]; entries: Entry[]; consumers: Consumer[]; readonly parked: Parked[] };

type Consumer = {
  readonly queue: string;
  readonly handle: Handle;
  readonly hands: Map<Entry, Promise<void>>;
  open: boolean;
};

class MemoryProcess implements Broker {
  readonly #server: MemoryServer;
  readonly #consumers: Consumer[] = [];

  constructor(server: MemoryServer) {
    this.#server = server;
  }

  async declare(queues: readonly Queue[]): Promise<void> {
    for (const { name, urns } of queues) this.#server.queue(name).urns = urns;
  }

  async publish(messages: readonly Message[]): Promise<void> {
    for (const message of messages) this.#server.add(message);
  }

  consume(queue: string, handle: Handle) {
    const consumer = { queue, handle, hands: new Map(), open: true };
    this.#consumers.push(consumer);
    this.#server.connect(consumer);
    return { stop: () => this.#server.disconnect(consumer) };
  }

  die(): void {
    for (const consumer of this.#consumers) this.#server.abandon(consumer);
  }
}

class MemoryServer {
  readonly #flaws: ReadonlySet<Flaw>;
  readonly #surroundings: Surroundings;
  readonly #queues = new Map<string, MemoryQueue>();
  #added = 0;

  constructor(flaws: ReadonlySet<Flaw>, surroundings: Surroundings) {
    this.#flaws = flaws;
    this.#surroundings = surroundings;
  }

  queue(name: string): MemoryQueue {
    const queue = this.#queues.get(name) ?? { urns: [], entries: [], consumers: [], parked: [] };
    this.#queues.set(name, queue);
    return queue;
  }

  add(message: Message): void {
    this.#added += 1;
    if (this.#has('drops one message in a hundred') && this.#added % 100 === 0) return;
    for (const [name, queue] of this.#queues) {
      if (!queue.urns.includes(message.urn) && !this.#has('sends everything to every queue')) continue;
      this.#append(queue, this.#has('changes the body') ? { ...message, body: { title: 'Blue in Green' } } : message);
      queueMicrotask(() => this.#pump(name));
    }
  }

  connect(consumer: Consumer): void {
    this.queue(consumer.queue).consumers.push(consumer);
    this.#pump(consumer.queue);
  }

  async disconnect(consumer: Consumer): Promise<void> {
    consumer.open = false;
    if (this.#has('cuts off a handler when it is stopped')) return;
    await Promise.all(consumer.hands.values());
    this.#leave(consumer);
  }

  abandon(consumer: Consumer): void {
    consumer.open = false;
    consumer.hands.clear();
    const queue = this.queue(consumer.queue);
    const lost = queue.entries.filter(({ taker }) => taker === consumer);
    for (const entry of lost) entry.taker = undefined;
    if (this.#has('puts what a dead process had at the end')) {
      queue.entries = [...queue.entries.filter((entry) => !lost.includes(entry)), ...lost];
    }
    this.#leave(consumer);
  }

  restart(): void {
    if (!this.#has('forgets everything at a restart')) return;
    for (const queue of this.#queues.values()) queue.entries = [];
  }

  #append({ entries, consumers }: MemoryQueue, message: Message): void {
    const entry = () => ({ message, attempts: 0, dueAt: 0 });
    const before = entries.findLastIndex((earlier) => earlier.message.key === message.key);
    if (this.#has('swaps neighbours') && this.#added % 5 === 0 && before >= 0) entries.splice(before, 0, entry());
    else entries.push(entry());
    if (this.#has('delivers some messages twice') && this.#added % 7 === 0) entries.push(entry());
    if (this.#has('gives each consumer every message')) entries.push(...consumers.slice(1).map(entry));
  }

  #pump(name: string): void {
    const queue = this.queue(name);
    const busy = new Set<string>();
    for (const entry of [...queue.entries]) {
      const waits = entry.dueAt > performance.now();
      if (waits && this.#has('lets a poison message block the queue')) return;
      if (!waits && !entry.taker && !busy.has(entry.message.key)) this.#deliver(queue, entry);
      if (this.#blocksItsKey(entry, waits)) busy.add(entry.message.key);
    }
  }

  #blocksItsKey(entry: Entry, waits: boolean): boolean {
    if (waits) return !this.#has('lets others overtake what is tried again');
    return !(entry.taker && this.#has('handles one key in parallel'));
  }

  #deliver(queue: MemoryQueue, entry: Entry): void {
    const limit = this.#has('pushes without limit') ? Number.POSITIVE_INFINITY : plantedLimits.inHandsMax;
    const [taker] = queue.consumers
      .filter(({ open, hands }) => open && hands.size < limit)
      .toSorted((one, other) => one.hands.size - other.hands.size);
    if (!taker) return;
    entry.taker = taker;
    if (this.#has('acknowledges early')) remove(queue, entry);
    taker.hands.set(entry, this.#handOver(queue, entry, taker));
  }

  async #handOver(queue: MemoryQueue, entry: Entry, taker: Consumer): Promise<void> {
    const failure = await taker.handle(entry.message).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (!taker.hands.delete(entry)) return;
    entry.taker = undefined;
    if (failure) this.#postpone(queue, entry, taker.queue, failure.error);
    else remove(queue, entry);
    this.#pump(taker.queue);
  }

  #postpone(queue: MemoryQueue, entry: Entry, name: string, error: unknown): void {
    const { report, isTransient } = this.#surroundings;
    report.failed(entry.message, error, entry.attempts + 1, name);
    if (!isTransient(error) || this.#has('parks what would pass')) entry.attempts += 1;
    const delayMs = this.#delayMs(entry.attempts);
    if (delayMs === undefined) {
      this.#park(queue, entry, name, error);
      return;
    }
    entry.dueAt = performance.now() + delayMs;
    setTimeout(() => this.#pump(name), delayMs + 1).unref();
  }

  #delayMs(attempts: number): number | undefined {
    if (this.#has('parks at the first failure') && attempts > 0) return undefined;
    const delayMs = plantedLimits.delaysMs[Math.max(0, attempts - 1)];
    if (this.#has('tries again at once')) return delayMs && 0;
    return delayMs ?? (this.#has('never stops trying') ? 10 : undefined);
  }

  #park(queue: MemoryQueue, entry: Entry, name: string, error: unknown): void {
    remove(queue, entry);
    if (this.#has('parks silently')) return;
    const { id } = entry.message;
    const reason = error instanceof Error ? error.message : String(error);
    queue.parked.push({ id, reason, attempts: entry.attempts });
    this.#surroundings.report.parked(name, id, reason);
  }

  #leave(consumer: Consumer): void {
    const queue = this.queue(consumer.queue);
    queue.consumers = queue.consumers.filter((other) => other !== consumer);
    this.#pump(consumer.queue);
  }

  #has(flaw: Flaw): boolean {
    return this.#flaws.has(flaw);
  }
}

function remove(queue: MemoryQueue, entry: Entry): void {
  queue.entries = queue.entries.filter((other) => other !== entry);
}

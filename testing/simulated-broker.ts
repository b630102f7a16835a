import type { Broker, Message, Subscription } from '@ticketbuddy/messaging';
import type { Handle, Queue } from './broker-under-test.ts';
import type { SeededRandom } from './seeded-random.ts';

/** How often each kind of trouble comes, from 0 to 1. */
export type Trouble = {
  readonly publishFails: number;
  readonly ackIsLost: number;
  readonly delays: number;
  readonly overtakes: number;
};

const noTrouble: Trouble = { publishFails: 0, ackIsLost: 0, delays: 0, overtakes: 0 };

export type BrokerTally = { duplicates: number; reorderings: number; lostConnections: number };

type Entry = { readonly message: Message; deliveries: number; waits: number; failure?: unknown };

type Consumer = { readonly queue: string; readonly handle: Handle };

/**
 * A broker in memory with the habits of a real one on a bad day: it loses the connection before it has a batch, half-way
 * or before it confirms, delivers again what it has delivered, lets keys overtake each other, and, after a delivery that
 * was not acknowledged, also messages of one key. Nothing moves but in `deliver`.
 */
export class SimulatedBroker implements Broker {
  readonly tally: BrokerTally = { duplicates: 0, reorderings: 0, lostConnections: 0 };
  /** How often each message came, by its id. */
  readonly published = new Map<string, number>();
  readonly #random: SeededRandom;
  readonly #queues = new Map<string, { readonly urns: readonly string[]; entries: Entry[] }>();
  #consumers: Consumer[] = [];
  #trouble: Trouble;

  constructor(random: SeededRandom, trouble: Trouble) {
    this.#random = random;
    this.#trouble = trouble;
  }

  async declare(queues: readonly Queue[]): Promise<void> {
    for (const { name, urns } of queues) {
      this.#queues.set(name, { urns, entries: this.#queues.get(name)?.entries ?? [] });
    }
  }

  async publish(messages: readonly Message[]): Promise<void> {
    const fails = this.#random.chance(this.#trouble.publishFails);
    const arriving = fails ? messages.slice(0, this.#random.below(messages.length + 1)) : messages;
    for (const message of arriving) this.#add(message);
    if (!fails) return;
    this.tally.lostConnections += 1;
    throw new Error('The connection was lost before everything was confirmed');
  }

  consume(queue: string, handle: Handle): Subscription {
    const consumer = { queue, handle };
    this.#consumers.push(consumer);
    return {
      stop: async () => {
        this.#consumers = this.#consumers.filter((other) => other !== consumer);
      },
    };
  }

  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, { entries }) => sum + entries.length, 0);
  }

  /** What waits, each with why its last delivery failed. */
  get stuck(): readonly string[] {
    return [...this.#queues].flatMap(([queue, { entries }]) =>
      entries.map(({ message, failure }) => `${queue}: ${message.id}: ${failure}`),
    );
  }

  calmDown(): void {
    this.#trouble = noTrouble;
    for (const { entries } of this.#queues.values()) for (const entry of entries) entry.waits = 0;
  }

  /** Hands one message of up to three keys of each queue to its consumer, at the same time. */
  async deliver(): Promise<void> {
    await Promise.all(
      this.#consumers.map(({ queue, handle }) =>
        Promise.all(this.#choose(queue).map((entry) => this.#handOver(queue, entry, handle))),
      ),
    );
  }

  #add(message: Message): void {
    const times = (this.published.get(message.id) ?? 0) + 1;
    this.published.set(message.id, times);
    for (const { urns, entries } of this.#queues.values()) {
      if (!urns.includes(message.urn)) continue;
      if (times > 1) this.tally.duplicates += 1;
      entries.push({ message, deliveries: 0, waits: this.#delay() });
    }
  }

  #choose(queue: string): Entry[] {
    const entries = this.#queues.get(queue)?.entries ?? [];
    const byKey = Map.groupBy(entries, ({ message }) => message.key);
    const ready = [...byKey.values()].map((ofKey) => this.#nextOf(ofKey)).filter((entry) => entry.waits-- <= 0);
    if (ready[0] && ready[0] !== entries[0]) this.tally.reorderings += 1;
    return ready.slice(0, 1 + this.#random.below(3));
  }

  // Another consumer of the queue may be quicker with a later message of the key.
  #nextOf(ofKey: readonly Entry[]): Entry {
    const overtakes = this.#random.chance(this.#trouble.overtakes);
    return ofKey[overtakes ? this.#random.below(ofKey.length) : 0] as Entry;
  }

  async #handOver(name: string, entry: Entry, handle: Handle): Promise<void> {
    entry.deliveries += 1;
    if (entry.deliveries > 1) this.tally.duplicates += 1;
    const isApplied = await handle(entry.message).then(
      () => true,
      (error: unknown) => {
        entry.failure = error;
        return false;
      },
    );
    if (isApplied && !this.#random.chance(this.#trouble.ackIsLost)) this.#remove(name, entry);
    else this.#putBack(name, entry);
  }

  // Behind others of its key, when it was the unlucky one of several consumers.
  #putBack(name: string, entry: Entry): void {
    const entries = this.#remove(name, entry);
    const behind = this.#random.chance(this.#trouble.overtakes) ? this.#random.below(entries.length + 1) : 0;
    if (entries.slice(0, behind).some(({ message }) => message.key === entry.message.key)) this.tally.reorderings += 1;
    entries.splice(behind, 0, Object.assign(entry, { waits: this.#delay() }));
  }

  #remove(name: string, entry: Entry): Entry[] {
    const entries = this.#queues.get(name)?.entries ?? [];
    const at = entries.indexOf(entry);
    if (at >= 0) entries.splice(at, 1);
    return entries;
  }

  #delay(): number {
    return this.#random.chance(this.#trouble.delays) ? 1 + this.#random.below(4) : 0;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '@ticketbuddy/errors';
import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { BrokerReport, Subscription } from './message.ts';
import { acksOf } from './rabbitmq-acks.ts';
import { keyChains } from './rabbitmq-key-chains.ts';

/** One message, while it is in our hands. */
export type Work = {
  /** Messages of one key are worked on one after the other. */
  readonly key: string;
  /** Resolves to whether the message may leave the queue; gives up early, with `false`, when `signal` is aborted. */
  run(signal: AbortSignal): Promise<boolean>;
};

export type ConsumerOptions = {
  readonly queue: string;
  /** No more messages than these are in our hands at once. */
  readonly prefetch: number;
  /** Throws a `StartError` when there is no use in trying again. */
  readonly openChannel: () => Promise<Channel>;
  /** Nothing is taken while somebody else takes from the queue; then the server keeps everybody else away. */
  readonly isAlone: boolean;
  readonly toWork: (delivery: AsyncMessage) => Work;
  readonly report: BrokerReport;
};

const waitMs = 1_000;
const finishMsMax = 10_000;
const backoffMs = [100, 250, 500, 1_000, 2_000, 5_000];

/**
 * Takes messages from a queue until it is stopped, over as many connections as that needs. What is in our hands when a
 * connection is lost comes again; before the next one is used, everything begun on the last is finished.
 */
export class RabbitConsumer implements Subscription {
  readonly #options: ConsumerOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #others = 0;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /**
   * Resolves when nothing is in our hands any more, or after 10 s: what was not begun or not finished by then goes back
   * to its place in the queue.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#takeUntilLost();
        failures = 0;
      } catch (error) {
        if (error instanceof StartError) return this.#options.report.unusable?.(this.#options.queue, error.message);
        const delayMs = backoffMs[Math.min(failures++, backoffMs.length - 1)];
        if (error instanceof StillServed) this.#tellOfOthers(error.others);
        else this.#options.report.disconnected(error);
        await this.#pause(error instanceof StillServed ? waitMs : delayMs);
      }
    }
  }

  async #pause(ms: number | undefined): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  // While we go on, what was begun is waited for as long as it takes: nobody may begin with it a second time.
  async #patienceIsOver(): Promise<void> {
    await aborted(this.#stopping.signal);
    await sleep(finishMsMax, undefined, { ref: false });
  }

  #tellOfOthers(others: number): void {
    if (others !== this.#others) this.#options.report.waiting?.(this.#options.queue, others);
    this.#others = others;
  }

  // Stopping closes the channel and does not cancel first: a cancel would let the next consumer begin with later
  // messages of a key while we still work on an earlier one.
  async #takeUntilLost(): Promise<void> {
    const channel = await this.#options.openChannel();
    const over = new AbortController();
    const end = () => over.abort();
    channel.once('close', end);
    channel.once('basic.cancel', end);
    const signal = AbortSignal.any([over.signal, this.#stopping.signal]);
    const [chains, acks] = [keyChains(), acksOf(channel)];
    try {
      await channel.basicQos({ prefetchCount: this.#options.prefetch });
      await consume(channel, this.#options, (delivery) => {
        const { key, run } = this.#options.toWork(delivery);
        chains.add(key, async () => {
          if (!signal.aborted && (await run(signal))) acks.done(delivery.deliveryTag);
        });
      });
      this.#tellOfOthers(0);
      await aborted(signal);
    } finally {
      end();
      await Promise.race([chains.idle(), this.#patienceIsOver()]);
      acks.flush();
      await channel.close();
    }
  }
}

/** Others take from the queue, so that we may not, or do not want to. */
class StillServed extends Error {
  readonly others: number;

  constructor(others: number) {
    super(`${others} others take from the queue`);
    this.others = others;
  }
}

// Who takes alone is refused while there are others, and who comes later while somebody takes alone.
async function consume(
  channel: Channel,
  { queue, isAlone }: ConsumerOptions,
  take: (delivery: AsyncMessage) => void,
): Promise<void> {
  const { consumerCount } = isAlone ? await channel.queueDeclare({ queue, passive: true }) : { consumerCount: 0 };
  if (consumerCount > 0) throw new StillServed(consumerCount);
  await channel.basicConsume({ queue, exclusive: isAlone }, take).catch((error: Error) => {
    throw error.message.includes('in exclusive use') ? new StillServed(1) : error;
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

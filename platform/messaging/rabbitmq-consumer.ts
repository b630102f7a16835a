import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { BrokerReport, Subscription } from './message.ts';
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
  readonly openChannel: () => Promise<Channel>;
  readonly toWork: (delivery: AsyncMessage) => Work;
  readonly report: BrokerReport;
};

const backoffMs = [100, 250, 500, 1_000, 2_000, 5_000];

/**
 * Takes messages from a queue until it is stopped, over as many connections as that needs. What is in our hands when a
 * connection is lost comes again; before the next one is used, everything begun on the last is finished.
 */
export class RabbitConsumer implements Subscription {
  readonly #options: ConsumerOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when nothing is in our hands any more; what was not begun goes back to its place in the queue. */
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
        this.#options.report.disconnected(error);
        const delayMs = backoffMs[Math.min(failures++, backoffMs.length - 1)];
        await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
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
    const chains = keyChains();
    try {
      await channel.basicQos({ prefetchCount: this.#options.prefetch });
      await channel.basicConsume({ queue: this.#options.queue }, (delivery) => {
        const { key, run } = this.#options.toWork(delivery);
        chains.add(key, () => settle(channel, delivery, run, signal));
      });
      await aborted(signal);
    } finally {
      end();
      await chains.idle();
      await channel.close();
    }
  }
}

async function settle(channel: Channel, delivery: AsyncMessage, run: Work['run'], signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const done = await run(signal);
  if (done && channel.active) channel.basicAck({ deliveryTag: delivery.deliveryTag });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

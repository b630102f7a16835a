import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client';
import type { BrokerAdmin, Chosen, ParkedMessage, QueueDepth } from './broker-admin.ts';
import { closeConnection, openChannel, openConnection } from './rabbitmq-channel.ts';
import { countMessages, type Held, holdAll } from './rabbitmq-held.ts';
import { backTo, idOf, toParked } from './rabbitmq-parked.ts';
import { sendConfirmed } from './rabbitmq-publisher.ts';
import { errorQueue, skippedQueue } from './rabbitmq-topology.ts';

/**
 * Sees and handles what is parked in RabbitMQ, over a connection of its own. Every call throws a `StartError` while the
 * server cannot be reached. While it looks at what is parked, nobody else sees that.
 */
export function createRabbitAdmin({ url }: { readonly url: string }): BrokerAdmin {
  return new RabbitAdmin(url);
}

class RabbitAdmin implements BrokerAdmin {
  readonly #url: string;
  readonly #connection: Connection;

  constructor(url: string) {
    this.#url = url;
    this.#connection = openConnection(url, 'ticketbuddy-admin');
  }

  async depths(queues: readonly string[]): Promise<QueueDepth[]> {
    const names = queues.flatMap((queue) => [queue, ...asideOf(queue)]);
    const counts = await countMessages(this.#openChannel, names);
    return queues.flatMap((queue, nth) => {
      const [waiting, inError = 0, inSkipped = 0] = counts.slice(3 * nth, 3 * nth + 3);
      return waiting === undefined ? [] : [{ queue, waiting, parked: inError + inSkipped }];
    });
  }

  async parked(queue: string): Promise<ParkedMessage[]> {
    const parked: ParkedMessage[] = [];
    for (const aside of asideOf(queue)) {
      await holdAll(this.#openChannel, aside, async ({ messages }) => {
        parked.push(...messages.map((message) => toParked(queue, aside, message)));
      });
    }
    return parked.toSorted(byTime);
  }

  retry(queue: string, chosen: Chosen): Promise<string[]> {
    return this.#removeChosen(queue, chosen, async (messages, remove) => {
      const channel = await this.#openChannel();
      try {
        await channel.confirmSelect();
        for (const message of messages) {
          await sendConfirmed(channel, [backTo(queue, message)]);
          remove(message);
        }
      } finally {
        await channel.close();
      }
    });
  }

  drop(queue: string, chosen: Chosen): Promise<string[]> {
    return this.#removeChosen(queue, chosen, async (messages, remove) => messages.forEach(remove));
  }

  async close(): Promise<void> {
    await closeConnection(this.#connection);
  }

  async #removeChosen(
    queue: string,
    chosen: Chosen,
    work: (messages: readonly AsyncMessage[], remove: Held['remove']) => Promise<void>,
  ): Promise<string[]> {
    const ids: string[] = [];
    for (const aside of asideOf(queue)) {
      await holdAll(this.#openChannel, aside, async ({ messages, remove, settled }) => {
        const those = oldestFirst(queue, aside, messages).filter(
          (message) => chosen === 'all' || chosen.includes(idOf(message)),
        );
        if (those.length === 0) return;
        await work(those, remove);
        await settled();
        ids.push(...those.map(idOf));
      });
    }
    return ids;
  }

  readonly #openChannel = (): Promise<Channel> => openChannel(this.#connection, this.#url);
}

function asideOf(queue: string): readonly [string, string] {
  return [errorQueue(queue), skippedQueue(queue)];
}

function oldestFirst(queue: string, aside: string, messages: readonly AsyncMessage[]): AsyncMessage[] {
  return messages
    .map((message) => ({ message, parkedAt: toParked(queue, aside, message).parkedAt }))
    .toSorted(byTime)
    .map(({ message }) => message);
}

type Parked = Pick<ParkedMessage, 'parkedAt'>;

// What has no time comes last.
function byTime({ parkedAt: one }: Parked, { parkedAt: other }: Parked): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  return Temporal.Instant.compare(one, other);
}

import { groupCommit, isTransient } from '@ticketbuddy/postgres';
import type { Database, Transact } from '@ticketbuddy/postgres/database';
import { currentTrace, inSpan, inTrace, type Trace } from '@ticketbuddy/telemetry';
import { firstDeliveries } from './inbox.ts';
import type { Handle, LegacyQueue, Message, Queue } from './message.ts';

/** What a context does with the messages of one queue. */
export type Consumer = Queue & { readonly handle: Handle };

/** What a context can do with the messages of a queue that is not ours alone, if it is told to. */
export type LegacyConsumer = Omit<Consumer, 'legacy'> & Pick<LegacyQueue, 'raw'>;

// Whoever else wants what a batch changes waits for all of it.
const largestBatch = 128;

/**
 * Applies a message once, by its id, in one transaction with what `apply` changes. Messages that arrive together share
 * one transaction; when it fails it is tried again in halves, so that only a message that cannot be applied fails.
 * Within a batch the messages of one key are applied in the order in which they came, and the keys in the order of
 * their names, so that no two batches lock the same rows in opposite orders.
 */
export function once<T>(
  db: Database<T>,
  schema: string,
  apply: (tx: Transact<T>, message: Message) => Promise<void>,
): Handle {
  const applyTogether = async (arrived: readonly Arrived[]) => {
    const traces = new Map(arrived.map(({ message, trace }) => [message, trace]));
    const messages = [...traces.keys()];
    const byKey = messages.toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
    const first = await db.transaction(async (tx) => {
      const news = await firstDeliveries(tx, schema, byKey);
      for (const message of news) {
        await inTrace(traces.get(message), () => inSpan(`apply ${nameOf(message)}`, () => apply(tx, message)));
      }
      return new Set(news);
    });
    return arrived.map(({ message }) => (first.has(message) ? undefined : 'duplicate'));
  };
  const decide = groupCommit(applyTogether, { isLost: isTransient, largestBatch });
  return (message) => decide({ message, trace: currentTrace() });
}

type Arrived = { readonly message: Message; readonly trace: Trace | undefined };

function nameOf({ urn }: Message): string {
  return urn.slice(urn.lastIndexOf(':') + 1);
}

import type { Database, Transact } from '@ticketbuddy/postgres';
import { isFirstDelivery } from './inbox.ts';
import type { Handle, Message, Queue } from './message.ts';

/** What a context does with the messages of one queue. */
export type Consumer = Queue & { readonly handle: Handle };

/** Applies a message once, by its id, in one transaction with what `apply` changes. */
export function once<T>(
  db: Database<T>,
  schema: string,
  apply: (tx: Transact<T>, message: Message) => Promise<void>,
): Handle {
  return (message) =>
    db.transaction(async (tx) => {
      if (await isFirstDelivery(tx, schema, message.id)) await apply(tx, message);
    });
}

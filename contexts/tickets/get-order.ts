import type { Deps } from '@ticketbuddy/runtime';
import type { Order } from './order.ts';
import { orderUnknown } from './refusals.ts';
import { findOrder, type OrderedSeat } from './store-orders.ts';
import type { DB } from './tables.gen.ts';
import { type SigningKey, signTickets } from './ticket-code.ts';
import { openTicketKey } from './ticket-keys.ts';

/** An order and its seats, in its order. */
export type FoundOrder = { readonly order: Order; readonly seats: readonly OrderedSeat[] };

export async function getOrder({ db }: Pick<Deps<DB>, 'db'>, orderId: string): Promise<FoundOrder> {
  const found = await findOrder(db, orderId);
  if (!found) throw orderUnknown();
  return found;
}

/** Makes the codes of tickets, with the key that is found or made when it is first needed. */
export class Tickets {
  readonly #deps: Deps<DB>;
  #key: Promise<SigningKey> | undefined;

  constructor(deps: Deps<DB>) {
    this.#deps = deps;
  }

  /** In the order of the order's seats. */
  async codesOf(order: Order): Promise<string[]> {
    this.#key ??= openTicketKey(this.#deps).catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return signTickets(await this.#key, order);
  }
}

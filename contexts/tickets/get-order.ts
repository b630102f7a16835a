import type { Deps } from '@ticketbuddy/runtime';
import type { Order } from './order.ts';
import { orderUnknown } from './refusals.ts';
import { findOrder, type OrderedSeat } from './store-orders.ts';
import type { DB } from './tables.gen.ts';
import { codesAgain, type Seal, type SigningKey, sealOrders } from './ticket-code.ts';
import { openTicketKey } from './ticket-keys.ts';

/** An order and its seats, in its order, and the codes of its tickets if they are made already. */
export type FoundOrder = {
  readonly order: Order;
  readonly seats: readonly OrderedSeat[];
  readonly codes?: readonly string[] | undefined;
};

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

  /** The seals of orders that are to be written, all with one signature, by the orders' ids. */
  async sealAll(orders: readonly Order[]): Promise<ReadonlyMap<string, Seal>> {
    const seals = sealOrders(await this.#keyAtHand(), orders);
    return new Map(seals.map((seal, nth) => [orders[nth]?.id ?? '', seal]));
  }

  /** In the order of the order's seats. Those of an order that has no proof, or one of a key that signs no more, get a new one. */
  async codesOf(order: Order): Promise<readonly string[]> {
    const key = await this.#keyAtHand();
    return (order.proof && codesAgain(key, order, order.proof)) ?? sealOrders(key, [order])[0]?.codes ?? [];
  }

  #keyAtHand(): Promise<SigningKey> {
    this.#key ??= openTicketKey(this.#deps).catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }
}

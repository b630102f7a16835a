/** Seats that a buyer was told are theirs. */
type Grant = { readonly eventId: string; readonly userId: string; readonly seats: readonly number[] };

/** For a while. */
export type Hold = Grant & {
  readonly holdId: string;
  readonly heldUntil: string;
};

/** For good. */
export type Sale = Grant & {
  readonly orderId: string;
  readonly orderNumber: string;
  readonly totalPence: number;
};

/** What buyers were told, in the order of the answers. Nothing of it may be missing in the tables, and nothing else there. */
export class Records {
  readonly #holds = new Map<string, Hold>();
  // Those of the holds that were not bought.
  readonly #unsold = new Set<Hold>();
  readonly #sales: Sale[] = [];
  readonly #wrong: string[] = [];
  #touched = new Set<string>();

  get holds(): Iterable<Hold> {
    return this.#holds.values();
  }

  /** The holds that were neither bought nor given back. */
  unsold(): Hold[] {
    return [...this.#unsold];
  }

  get sales(): readonly Sale[] {
    return this.#sales;
  }

  held(userId: string, answer: string): Hold {
    const { holdId, eventId, seats, heldUntil } = JSON.parse(answer);
    const hold = { holdId, eventId, userId, seats, heldUntil };
    this.#holds.set(holdId, hold);
    this.#unsold.add(hold);
    this.#touched.add(eventId);
    return hold;
  }

  released(hold: Hold): void {
    this.#holds.delete(hold.holdId);
    this.#unsold.delete(hold);
    this.#touched.add(hold.eventId);
  }

  sold(hold: Hold, answer: string): Sale {
    const { order, tickets } = JSON.parse(answer);
    const sale = {
      eventId: order.eventId,
      userId: order.userId,
      seats: tickets.map(({ seat }: { readonly seat: number }) => seat),
      orderId: order.id,
      orderNumber: order.number,
      totalPence: order.totalPence,
    };
    this.#sales.push(sale);
    this.#unsold.delete(hold);
    this.#touched.add(sale.eventId);
    return sale;
  }

  /** Something that must not be, which no audit of tables would see. */
  wrong(what: string): void {
    this.#wrong.push(what);
  }

  takeWrong(): string[] {
    return this.#wrong.splice(0);
  }

  /** The events of which something was told since this was last asked. */
  takeTouched(): string[] {
    const touched = [...this.#touched];
    this.#touched = new Set();
    return touched;
  }
}

import { overloaded } from '@ticketbuddy/errors';
import { ClientGone } from './failures.ts';
import type { Leaving } from './leaving.ts';

export type InFlightLimits = {
  /** So many run at once. */
  readonly inFlightMax: number;
  /** So many more wait, in order, and each so long. */
  readonly queueMax: number;
  readonly queueMs: number;
};

/** How many requests one system is given at once. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when there is room; `leave` has to be called then. Rejects with `overloaded` when too many wait or it has waited
   * too long, and with `ClientGone` when the client leaves: then nothing was sent.
   */
  async enter(leaving: Leaving): Promise<void> {
    const { inFlightMax, queueMax } = this.#limits;
    if (this.#running < inFlightMax) this.#running += 1;
    else if (this.#waiting.size >= queueMax) throw overloaded();
    else await this.#wait(leaving);
  }

  leave(): void {
    const [next] = this.#waiting;
    // Whoever waits takes over the room.
    if (next) next();
    else this.#running -= 1;
  }

  #wait(leaving: Leaving): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      leaving.whenLeft = undefined;
      this.#waiting.delete(take);
      settle();
    };
    const take = end(resolve);
    const leave = end(() => reject(new ClientGone('the client left while its request waited')));
    const timer = setTimeout(
      end(() => reject(overloaded())),
      this.#limits.queueMs,
    );
    leaving.whenLeft = leave;
    this.#waiting.add(take);
    if (leaving.hasLeft) leave();
    return promise;
  }
}

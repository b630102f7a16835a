import { overloaded } from '@ticketbuddy/errors';
import type pg from 'pg';
import { type Owner, ownerChannel, type Side } from './owner.ts';
import { removeEdge, reportEdge, unitRows } from './store-edges.ts';

export type EdgeOptions = {
  /** Of the new system's database, where the owners stand. */
  readonly pool: pg.Pool;
  readonly notifications: { listen(channel: string, wake: () => void): void };
  /** Its own among all edges. */
  readonly name: string;
  readonly units: readonly string[];
  /** So many writes of a unit wait at most, and each so long. */
  readonly waitingMax?: number;
  readonly waitMsMax?: number;
};

/** Where a write goes, and in which epoch it does. */
export type Admission = { readonly owner: Side; readonly epoch: number };

type Waiting = { readonly admit: (admission: Admission) => void; readonly refuse: (error: Error) => void };

type Unit = {
  owner: Owner;
  epoch: number;
  /** Who answers reads: the owner, or the last one while there is none. */
  reader: Side;
  isHeld: boolean;
  running: number;
  readonly waiting: Set<Waiting>;
};

const refreshEveryMs = 500;
// What was known longer ago than that decides nothing.
const staleMsMax = 2_000;

/**
 * What one gateway knows of the owners of units, and which writes it lets through: none while the unit is held or has no
 * owner, or while it has not heard of the owner for two seconds. They wait then, in order, up to a limit.
 */
export class Edge {
  readonly #options: Required<EdgeOptions>;
  readonly #units: ReadonlyMap<string, Unit>;
  #freshAtMs = Number.NEGATIVE_INFINITY;
  #doubtedAtMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor({ waitingMax = 10_000, waitMsMax = 5_000, ...options }: EdgeOptions) {
    this.#options = { ...options, waitingMax, waitMsMax };
    const unknown = (): Unit => ({
      owner: 'moving',
      epoch: 0,
      reader: 'legacy',
      isHeld: true,
      running: 0,
      waiting: new Set(),
    });
    this.#units = new Map(options.units.map((unit) => [unit, unknown()]));
    options.notifications.listen(ownerChannel, () => void this.refresh().catch(() => undefined));
  }

  /** Throws what keeps it from knowing the owners. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void this.refresh().catch(() => undefined), refreshEveryMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#isStopped = true;
    for (const unit of this.#units.values()) for (const { refuse } of unit.waiting) refuse(overloaded());
    await this.#refreshing?.catch(() => undefined);
    await removeEdge(this.#options.pool, this.#options.name).catch(() => undefined);
  }

  readerOf(unit: string): Side {
    return this.#unit(unit).reader;
  }

  /** Whether a write that came now would have to wait. */
  admitsNothing(unit: string): boolean {
    return this.#admissionOf(this.#unit(unit)) === undefined;
  }

  /**
   * Resolves when a write of the unit may go, to where it says; `leave` has to be called when it is answered. Rejects with
   * `overloaded` when too many wait, or when it has waited too long: then nothing was sent.
   */
  async admit(name: string): Promise<Admission & { readonly leave: () => void }> {
    const unit = this.#unit(name);
    const admission = this.#admissionOf(unit) ?? (await this.#wait(unit));
    unit.running += 1;
    const leave = () => {
      unit.running -= 1;
      if (unit.running === 0 && unit.isHeld) void this.#run(() => this.#report()).catch(() => undefined);
    };
    return { ...admission, leave };
  }

  /** Lets no write through before it has looked again: an owner has failed, which may be a fence that refuses. */
  doubt(): void {
    this.#doubtedAtMs = performance.now();
    void this.refresh().catch(() => undefined);
  }

  /** Looks who the owners are, and reports. Whoever calls it while it looks waits for another look. */
  refresh(): Promise<void> {
    return this.#run(() => this.#look());
  }

  // One at a time: a report that overtakes an older one would be undone by it.
  async #run(act: () => Promise<void>): Promise<void> {
    if (this.#isStopped) return;
    if (this.#refreshing) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#untilQuiet(act).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #untilQuiet(act: () => Promise<void>): Promise<void> {
    this.#again = false;
    await act();
    while (this.#again && !this.#isStopped) {
      this.#again = false;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const askedAtMs = performance.now();
    for (const { unit: about, owner, epoch, isHeld } of await unitRows(this.#options.pool, this.#options.units)) {
      const unit = this.#unit(about);
      Object.assign(unit, { owner, epoch, isHeld, reader: owner === 'moving' ? unit.reader : owner });
    }
    await this.#report();
    // Nobody waits for an edge that has not reported: it may let nothing through.
    this.#freshAtMs = askedAtMs;
    for (const unit of this.#units.values()) this.#release(unit);
  }

  async #report(): Promise<void> {
    const known = [...this.#units].map(([unit, { isHeld: isHolding, running, epoch }]) => ({
      unit,
      isHolding,
      running,
      epoch,
    }));
    await reportEdge(this.#options.pool, this.#options.name, known);
  }

  #release(unit: Unit): void {
    const admission = this.#admissionOf(unit);
    if (!admission) return;
    for (const { admit } of unit.waiting) admit(admission);
    unit.waiting.clear();
  }

  #admissionOf({ owner, epoch, isHeld }: Unit): Admission | undefined {
    const isFresh = this.#freshAtMs > this.#doubtedAtMs && performance.now() - this.#freshAtMs <= staleMsMax;
    if (isHeld || owner === 'moving' || !isFresh) return undefined;
    return { owner, epoch };
  }

  #wait(unit: Unit): Promise<Admission> {
    const { waitingMax, waitMsMax } = this.#options;
    if (unit.waiting.size >= waitingMax) throw overloaded();
    return new Promise((resolve, reject) => {
      const end = (error: Error) => {
        clearTimeout(timer);
        unit.waiting.delete(waiting);
        reject(error);
      };
      const waiting: Waiting = {
        admit(admission) {
          clearTimeout(timer);
          resolve(admission);
        },
        refuse: end,
      };
      const timer = setTimeout(() => end(overloaded()), waitMsMax);
      unit.waiting.add(waiting);
    });
  }

  #unit(name: string): Unit {
    const unit = this.#units.get(name);
    if (!unit) throw new TypeError(`${name} is no unit that is moved`);
    return unit;
  }
}

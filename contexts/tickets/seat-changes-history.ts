import type { SeatsChanged } from './store-changes.ts';

/** Answers what changed after one version up to another, or `undefined` when that is more than `limit`. */
export type ReadChanges = (after: number, upTo: number, limit: number) => Promise<readonly SeatsChanged[] | undefined>;

const entriesMax = 5_000;
const forgottenTogether = 500;

/** Which seats of an event have changed at which version; read from the ledger as far back as somebody asks for. */
export class SeatHistory {
  readonly #read: ReadChanges;
  /** All that came after this version is known here. */
  #from: number;
  #entries: SeatsChanged[] = [];
  // What is not after this one is too far back.
  #outOfReach = -1;
  #reading: Promise<void> | undefined;

  constructor(version: number, read: ReadChanges) {
    this.#from = version;
    this.#read = read;
  }

  add(changed: SeatsChanged): void {
    this.#entries.push(changed);
    if (this.#entries.length <= entriesMax + forgottenTogether) return;
    this.#from = this.#entries.splice(0, forgottenTogether).at(-1)?.version ?? this.#from;
  }

  /** Makes known what came after this version, if that can be. Those who ask at the same time wait for each other. */
  async reach(version: number): Promise<void> {
    while (version < this.#from && version > this.#outOfReach) {
      this.#reading ??= this.#readOn(version).finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
  }

  /** The seats that have changed after this version, unless that is too far back. */
  since(version: number): Set<number> | undefined {
    if (version < this.#from) return undefined;
    const seats = new Set<number>();
    for (let nth = this.#entries.length - 1; nth >= 0; nth--) {
      const entry = this.#entries[nth];
      if (!entry || entry.version <= version) break;
      for (const seat of entry.seats) seats.add(seat);
    }
    return seats;
  }

  async #readOn(after: number): Promise<void> {
    const upTo = this.#from;
    const older = await this.#read(after, upTo, entriesMax - this.#entries.length);
    // Something was forgotten meanwhile: then there is no room for what is older either.
    if (!older || this.#from !== upTo) {
      this.#outOfReach = Math.max(this.#outOfReach, after);
      return;
    }
    this.#entries.unshift(...older);
    this.#from = after;
  }
}

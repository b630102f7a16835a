import { groupCommit, isTransient } from '@ticketbuddy/postgres';
import { House } from './house.ts';
import type { Reading, SalesStore } from './sales-store.ts';
import type { Standing } from './store-sales.ts';

// About 150 bytes a seat.
const seatsMax = 2_000_000;

/** The houses that a process knows; those that were used least recently are forgotten when there are too many. */
export class Houses {
  readonly #store: Pick<SalesStore, 'load' | 'standings' | 'since'>;
  readonly #houses = new Map<string, House>();
  readonly #check: (eventId: string) => Promise<Standing | undefined>;

  constructor(store: Pick<SalesStore, 'load' | 'standings' | 'since'>) {
    this.#store = store;
    this.#check = groupCommit((ids: readonly string[]) => store.standings(ids), { isLost: isTransient });
  }

  /** As it was last known; `undefined` when it was not loaded, or there is none. */
  get(eventId: string): House | undefined {
    return this.#houses.get(eventId);
  }

  /** Loads those that are not known yet. An event without seats stays unknown. */
  async load(eventIds: readonly string[]): Promise<void> {
    for (const eventId of eventIds) {
      const house = this.#houses.get(eventId);
      if (house) this.#use(house);
      else await this.#read(eventId);
    }
  }

  /** The house with all that was committed when it was asked for; `undefined` when the event has no seats. */
  async current(eventId: string): Promise<House | undefined> {
    await this.load([eventId]);
    const standing = await this.#check(eventId);
    if (standing) await this.bringTo(this.#store, [standing]);
    return this.get(eventId);
  }

  /** Brings houses up to these versions, which are committed. */
  async bringTo(reading: Reading, standings: readonly Standing[]): Promise<void> {
    for (const { eventId, version } of standings) {
      const house = this.#houses.get(eventId);
      if (!house || house.version === version) continue;
      const entries = house.version < version ? await reading.since(eventId, house.version) : [];
      // Otherwise the event was made anew, or the database was put back to an earlier time.
      if (house.catchUp(entries) && house.version >= version) continue;
      this.#houses.delete(eventId);
      await this.load([eventId]);
    }
  }

  async #read(eventId: string): Promise<void> {
    const loaded = await this.#store.load(eventId);
    if (!loaded) return;
    const [known, house] = [this.#houses.get(eventId), new House(loaded, loaded.seats)];
    // Somebody else may have read it meanwhile, and have gone on.
    if (!known || known.version < house.version) this.#keep(house);
  }

  // The last in the map is the one that was used last.
  #use(house: House): void {
    this.#houses.delete(house.eventId);
    this.#houses.set(house.eventId, house);
  }

  #keep(house: House): void {
    this.#use(house);
    let seats = 0;
    for (const { capacity } of this.#houses.values()) seats += capacity;
    for (const [eventId, { capacity }] of this.#houses) {
      if (seats <= seatsMax || eventId === house.eventId) break;
      this.#houses.delete(eventId);
      seats -= capacity;
    }
  }
}

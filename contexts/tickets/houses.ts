import { groupCommit, isTransient, type Pace } from '@ticketbuddy/postgres';
import { House } from './house.ts';
import type { Reading, SalesStore } from './sales-store.ts';
import type { Standing } from './standing.ts';

// About 180 bytes a seat when all are held.
const seatsMax = 2_000_000;

/** The houses that a process knows; those that were used least recently are forgotten when there are too many. */
export class Houses {
  readonly #store: Pick<SalesStore, 'load' | 'standings' | 'since'>;
  readonly #houses = new Map<string, House>();
  readonly #check: (eventId: string) => Promise<Standing | undefined>;

  constructor(store: Pick<SalesStore, 'load' | 'standings' | 'since'>, pace: Pace) {
    this.#store = store;
    this.#check = groupCommit((ids: readonly string[]) => store.standings(ids), { isLost: isTransient, pace });
  }

  /** As it was last known; `undefined` when it was not loaded, or there is none. */
  get(eventId: string): House | undefined {
    return this.#houses.get(eventId);
  }

  /** Loads those that are not known yet. An event without seats stays unknown; of many it is asked for all together. */
  async load(eventIds: readonly string[]): Promise<void> {
    const unknown: string[] = [];
    for (const eventId of eventIds) {
      const house = this.#houses.get(eventId);
      if (house) this.#use(house);
      else unknown.push(eventId);
    }
    const standings = unknown.length > 1 ? await this.#store.standings(unknown) : undefined;
    for (const [nth, eventId] of unknown.entries()) if (!standings || standings[nth]) await this.#read(eventId);
  }

  /** The house with all that was committed when it was asked for; `undefined` when the event has no seats. */
  async current(eventId: string): Promise<House | undefined> {
    await this.load([eventId]);
    const asked = this.get(eventId)?.version ?? 0;
    const standing = await this.#check(eventId);
    if (!this.#isPast(standing, asked)) await this.bringTo(this.#store, [eventId], standing ? [standing] : []);
    return this.get(eventId);
  }

  /** Brings the houses of events to these versions, which are committed, and forgets those of events that have none. */
  async bringTo(reading: Reading, eventIds: readonly string[], standings: readonly Standing[]): Promise<void> {
    const known = new Map(standings.map((standing) => [standing.eventId, standing]));
    for (const eventId of eventIds) await this.#bringTo(reading, eventId, known.get(eventId));
  }

  async #bringTo(reading: Reading, eventId: string, standing: Standing | undefined): Promise<void> {
    const house = this.#houses.get(eventId);
    if (!house || house.version === standing?.version) return;
    if (standing && house.version < standing.version) {
      const entries = await reading.since(eventId, house.version);
      // Somebody else may have brought it further meanwhile.
      if (house.version >= standing.version || house.catchUp(entries, standing)) return;
    }
    // The event was made anew, or the database was put back to an earlier time.
    await this.#read(eventId, house);
  }

  // This process has written more while it was asking.
  #isPast(standing: Standing | undefined, asked: number): boolean {
    return !!standing && standing.version >= asked && standing.version < (this.get(standing.eventId)?.version ?? 0);
  }

  // The house that is to be replaced stays until the other one is there, since somebody may be judging by it.
  async #read(eventId: string, instead?: House): Promise<void> {
    const loaded = await this.#store.load(eventId);
    const known = this.#houses.get(eventId);
    if (!loaded) {
      if (known === instead) this.#houses.delete(eventId);
      return;
    }
    // Somebody else may have read it meanwhile, and have gone on.
    if (!known || known === instead || known.version < loaded.version) this.#keep(new House(loaded, loaded.seats));
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

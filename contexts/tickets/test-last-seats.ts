import { randomUUID } from 'node:crypto';
import { createPool } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import type { Deps } from '@ticketbuddy/runtime';
import { createTestDatabase, FakeClock } from '@ticketbuddy/testing';
import fc from 'fast-check';
import type { Selling } from './planted/selling.ts';
import type { Seat } from './seat.ts';
import { seatsOfEvent } from './store-sales.ts';
import type { DB } from './tables.gen.ts';
import { anEvent } from './test-builders.ts';

/** Processes that share nothing but the database. */
export type Branches = {
  readonly processes: readonly [Selling, ...Selling[]];
  /** Of one event, as of one moment. */
  look(eventId: string): Promise<{ readonly unsold: number; readonly told: number }>;
  seats(eventId: string): Promise<readonly Seat[]>;
  stop(): Promise<void>;
};

/** What is asked for at once, and which of the processes is asked. */
type Asked = {
  readonly process: number;
  readonly act: 'reserve' | 'buy' | 'price';
  readonly numbers: readonly number[];
};

const processes = 3;
const connections = 6;

export async function openBranches(makeSelling: (deps: Deps<DB>) => Selling): Promise<Branches> {
  const { url, pool, drop } = await createTestDatabase(3);
  const pools = Array.from({ length: processes }, () => createPool({ url, connections }));
  const opened = pools.flatMap((one) => Array.from({ length: connections }, () => one.connect()));
  for (const client of await Promise.all(opened)) client.release();
  const clock = new FakeClock();
  const [first, ...others] = pools.map((one) => makeSelling({ db: createDatabase<DB>(one), clock }));
  if (!first) throw new RangeError('there is no process');
  return {
    processes: [first, ...others],
    async look(eventId) {
      const { rows } = await pool.query(
        `select (select count(*) from tickets.seats where event_id = $1 and owner_id is null) as unsold,
           (select count(*) from tickets.outbox where key = $1::text) as told`,
        [eventId],
      );
      return rows[0];
    },
    seats: (eventId) => seatsOfEvent(createDatabase<DB>(pool), eventId),
    async stop() {
      await Promise.all(pools.map((one) => one.end()));
      await drop();
    },
  };
}

const asked: fc.Arbitrary<Asked> = fc.record({
  process: fc.nat({ max: processes - 1 }),
  act: fc.constantFrom('reserve', 'buy', 'buy', 'price'),
  numbers: fc.uniqueArray(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 4 }),
});

const rush = fc.array(asked, { maxLength: 12 });

/**
 * However the processes race for the seats of an event, it is never told to be sold out while a seat is unsold, and is
 * told once when none is left. In the end whatever is left is bought at once, a seat a purchase, or all but one.
 */
export function soldOutIsToldOnce(branches: Branches) {
  return fc.asyncProperty(rush, fc.boolean(), async (first, isSoldOut) => {
    const event = anEvent({ id: randomUUID() });
    await branches.processes[0].applyEvent(event);
    const over = new AbortController();
    const watching = neverWrong(branches, event.id, over.signal);
    await Promise.all(first.map((one) => ask(branches, event.id, one)));
    await buyRest(branches, event.id, isSoldOut ? 0 : 1);
    over.abort();
    await watching;
    const { unsold, told } = await branches.look(event.id);
    if (told !== (unsold === 0 ? 1 : 0)) throw new Error(`told ${told} times with ${unsold} unsold seats`);
  });
}

async function ask({ processes: all, seats }: Branches, eventId: string, { process, act, numbers }: Asked) {
  const selling = all[process] ?? all[0];
  if (act === 'price') return selling.applyEvent(anEvent({ id: eventId, version: 2, pricePence: 2_000 }));
  const seatIds = (await seats(eventId)).filter(({ number }) => numbers.includes(number)).map(({ id }) => id);
  const selection = { eventId, userId: randomUUID(), seatIds };
  return act === 'buy' ? selling.purchase([selection]) : selling.reserve([selection]);
}

async function buyRest({ processes: all, seats }: Branches, eventId: string, keep: number): Promise<void> {
  const unsold = (await seats(eventId)).filter(({ state }) => state !== 'sold').slice(keep);
  await Promise.all(
    unsold.map((seat, nth) => {
      const userId = seat.state === 'held' ? seat.holderId : randomUUID();
      return all[nth % all.length]?.purchase([{ eventId, userId, seatIds: [seat.id] }]);
    }),
  );
}

async function neverWrong({ look }: Branches, eventId: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const { unsold, told } = await look(eventId);
    if (told > 1 || (told === 1 && unsold > 0)) throw new Error(`told ${told} times with ${unsold} unsold seats`);
  }
}

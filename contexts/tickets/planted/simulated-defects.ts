import { Refusal } from '@ticketbuddy/errors';
import type { Judged } from '../batch.ts';
import { Draft } from '../draft.ts';
import type { LedgerEntry } from '../ledger.ts';
import { newOrderName, orderOf } from '../order.ts';
import { holdOver } from '../refusals.ts';
import type { Change, Decided, Request } from '../request.ts';
import { Sales } from '../sales.ts';
import type { SalesStore } from '../sales-store.ts';
import { hold, isHeld, placeOf, type Seat } from '../seat.ts';
import type { ModelDatabase } from '../simulation/database.ts';
import type { Plant } from '../simulation/office.ts';

/** D1: a price change writes whole seats back as they were read, over the sales made meanwhile. */
export const priceChangeErasesSales: Plant = { pricesWithoutLock: true };

/** D2: two buyers own one seat, because purchases are written whatever has changed since they were judged. */
export const purchaseWithoutFence: Plant = { store: (store, database) => unfenced(store, database, 'sold') };

/** D3: two users hold one seat, because holds are written whatever has changed since they were judged. */
export const holdWithoutFence: Plant = { store: (store, database) => unfenced(store, database, 'held') };

/** D4: a refused hold keeps the seats before the taken one. */
export const refusedHoldKeepsSeats: Plant = {
  async decide(sales, { asked: { wanted }, request }) {
    if (wanted.act !== 'reserve') return sales.decide(request);
    let refused: Refusal | undefined;
    const decided = await sales.decide({
      ...request,
      rule(draft, now) {
        refused = undefined;
        try {
          return request.rule(draft, now);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          refused = error;
          return heldBefore(draft, wanted, now);
        }
      },
    });
    return refused ? { refused } : decided;
  },
};

/** D5: a purchase looks at its hold, and is judged and written later, when the hold may be over. */
export const holdLookedAtBefore: Plant = {
  async decide(sales, { asked: { wanted, book }, request, pause, now }) {
    const [house, looked] = [sales.houses.get(book.eventId), now()];
    if (wanted.act !== 'buy a hold' || !house) return sales.decide(request);
    const { holdId, userId } = wanted;
    const held = house.seatsOfHold(holdId).filter((seat) => isHeld(seat, looked) && seat.holderId === userId);
    if (held.length === 0) return sales.decide(request);
    await pause();
    const name = newOrderName();
    return sales.decide({ ...request, rule: (draft, now) => soldAnyway(draft, held, { userId, now, name }) });
  },
};

/** D6: a hold on seats that are unknown, of another event, or sold succeeds. */
export const holdOnNothing: Plant = {
  async decide(sales, { asked: { wanted }, request }) {
    const decided: Decided = await sales.decide(request);
    const isNothing = 'refused' in decided && /^seats_(unknown|sold)$/.test(decided.refused.code);
    return wanted.act === 'reserve' && isNothing ? { kind: 'held', userId: wanted.userId, seats: [] } : decided;
  },
};

/** The batcher judges each request by the house as it was before the batch. */
export const draftNotConsulted: Plant = {
  decide(sales, { request }) {
    const rule: Request['rule'] = (_, now) => request.rule(new Draft(sales.houses.get(request.eventId)), now);
    return sales.decide({ ...request, rule });
  },
};

/** The batcher takes a commit whose answer was lost for one that was made. */
export const lostAnswerTakenForCommit: Plant = {
  store: (store) => ({
    ...store,
    write: (judged, events) => store.write(judged, events).catch(() => new Set(events.map(({ eventId }) => eventId))),
  }),
};

/** The batcher decides again what was written of a batch before the rest of it failed. */
export const writtenForgotten: Plant = {
  sales: class extends Sales {
    override decideAll(requests: readonly Request[]): Promise<Decided[]> {
      return super.decideAll(requests.map((request) => ({ ...request })));
    }
  },
};

/** The batcher writes a batch in another order than that in which it was decided. */
export const writtenBackwards: Plant = {
  store: (store) => ({ ...store, write: (judged, events) => store.write(fromTheLast(judged), events) }),
};

/** Nobody is told that the last seat of an event is sold. */
export const sellOutNotTold: Plant = {
  store: (store) => ({
    ...store,
    write: (judged, events) =>
      store.write(
        judged,
        events.map((event) => ({ ...event, soldOut: false })),
      ),
  }),
};

/** A process that catches up does not hear of new prices. */
export const pricesNotHeard: Plant = {
  store: (store) => ({
    ...store,
    since: async (eventId, version) => (await store.since(eventId, version)).map(withoutPrices),
  }),
};

function withoutPrices(entry: LedgerEntry): LedgerEntry {
  return entry.kind === 'priced' ? { ...entry, numbers: [] } : entry;
}

function unfenced(store: SalesStore, { sales }: ModelDatabase, kind: Change['kind']): SalesStore {
  return {
    ...store,
    write(judged, events) {
      if (judged.granted.some(({ change }) => change.kind !== kind)) return store.write(judged, events);
      // As if the version had been read just now.
      const current = events.map((event) => ({ ...event, version: sales.get(event.eventId)?.version ?? 0 }));
      return store.write(judged, current);
    },
  };
}

type Reserving = { readonly userId: string; readonly seats: readonly number[] };

function heldBefore(draft: Draft, { userId, seats }: Reserving, now: Temporal.Instant): Change {
  const isTaken = (number: number) => {
    const seat = draft.get(number);
    return !seat || seat.state === 'sold' || (isHeld(seat, now) && seat.holderId !== userId);
  };
  const before = seats.slice(0, seats.findIndex(isTaken));
  return { kind: 'held', userId, seats: hold(draft, { userId, seatIds: before }, now, newOrderName().id) };
}

type Sale = {
  readonly userId: string;
  readonly now: Temporal.Instant;
  readonly name: ReturnType<typeof newOrderName>;
};

function soldAnyway(draft: Draft, held: readonly Seat[], { userId, now, name }: Sale): Change {
  const seats = held.flatMap(({ number }) => draft.get(number) ?? []);
  if (seats.some(({ state }) => state === 'sold')) throw holdOver();
  const sold = seats.map((seat): Seat => ({ ...placeOf(seat), state: 'sold', ownerId: userId, soldAt: now }));
  const order = orderOf(name, sold, now);
  return { kind: 'sold', userId, seats: sold, ...(order && { order }) };
}

function fromTheLast(judged: Judged): Judged {
  return { ...judged, granted: judged.granted.toReversed() };
}

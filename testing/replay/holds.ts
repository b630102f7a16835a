import type { RecordedRequest } from './captures.ts';
import type { Side } from './expectation.ts';
import { idsIn, NIL_ID } from './ids.ts';

/** One seat kept for one buyer, by its recorded ids. */
export type Hold = { readonly eventId: string; readonly ticketId: string; readonly userId: string };

export type SeatRequest = {
  readonly verb: 'reserve' | 'purchase';
  readonly eventId: string;
  readonly userId: string;
  readonly ticketIds: readonly string[];
};

/** `undefined` for every request that takes no seats. */
export function seatRequestOf({ method, path, body }: RecordedRequest): SeatRequest | undefined {
  const [, event = '', verb] = /^\/events\/([^/?]+)\/tickets\/(reserve|purchase)\/?(?:\?|$)/i.exec(path) ?? [];
  const [eventId] = idsIn(event);
  const members = membersOf(body);
  if (method !== 'POST' || !verb || !eventId || !Array.isArray(members.ticketids)) return undefined;
  const [userId = NIL_ID] = idsIn(String(members.userid ?? ''));
  return {
    verb: verb.toLowerCase() === 'reserve' ? 'reserve' : 'purchase',
    eventId,
    userId,
    ticketIds: members.ticketids.flatMap((id) => idsIn(String(id))),
  };
}

/** Which holds live at a point of the story, told by what was asked and which status it was to get. */
export type Holds = {
  note(request: RecordedRequest, status: number): void;
  end(ended: readonly Hold[]): void;
  /** The living holds that these keys of the recorded Redis name. */
  named(keys: readonly string[]): Hold[];
  all(): Hold[];
};

export function createHolds(side: Side): Holds {
  const held = new Map<string, Hold>();
  return {
    note(request, status) {
      const asked = seatRequestOf(request);
      if (asked?.verb === 'reserve') for (const hold of madeBy(asked, status, side, held)) held.set(keyOf(hold), hold);
      if (asked?.verb === 'purchase') for (const hold of endedBy(asked, status, side)) held.delete(keyOf(hold));
    },
    end(ended) {
      for (const hold of ended) held.delete(keyOf(hold));
    },
    named: (keys) => keys.flatMap((key) => held.get(key.toLowerCase()) ?? []),
    all: () => [...held.values()],
  };
}

/** The legacy keeps what a refused hold had taken before it met a seat of someone else; the new system keeps nothing. */
function madeBy(asked: SeatRequest, status: number, side: Side, held: ReadonlyMap<string, Hold>): Hold[] {
  const holds = holdsOn(asked);
  if (status === 204) return holds;
  const taken = holds.findIndex((hold) => (held.get(keyOf(hold))?.userId ?? hold.userId) !== hold.userId);
  return side === 'legacy' && taken > 0 ? holds.slice(0, taken) : [];
}

/** In the legacy a purchase leaves the holds on what it bought. */
function endedBy(asked: SeatRequest, status: number, side: Side): Hold[] {
  return status === 204 && side === 'next' ? holdsOn(asked) : [];
}

function holdsOn({ eventId, userId, ticketIds }: SeatRequest): Hold[] {
  return ticketIds.map((ticketId) => ({ eventId, ticketId, userId }));
}

/** As the legacy names them in its Redis. */
function keyOf({ eventId, ticketId }: Pick<Hold, 'eventId' | 'ticketId'>): string {
  return `event:${eventId}:ticket:${ticketId}:reservation`;
}

function membersOf(body: string | null): Record<string, unknown> {
  try {
    const members: unknown = JSON.parse(body ?? '');
    return Object.fromEntries(Object.entries(members ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  } catch {
    return {};
  }
}

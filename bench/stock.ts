import { randomUUID } from 'node:crypto';
import type { Shot } from './load.ts';

export type Stock = {
  readonly getEvent: () => Shot;
  readonly reserve: () => Shot;
  /** By the buyer who holds the seat: granted once. */
  readonly purchase: () => Shot;
  readonly seats: number;
};

type Seat = { readonly Id: string; readonly EventId: string };

const events = 200;
const firstDay = Date.UTC(2030, 0, 1);
const dayMs = 86_400_000;
const venue = 'RoundhouseLondon';

/** Announces 200 events of 20 seats and waits for the seats; each seat then has one buyer who holds it again and again. */
export async function fillShop(url: string): Promise<Stock> {
  const ids: string[] = [];
  for (let nth = 0; nth < events; nth++) ids.push(await announce(url, nth, venue));
  const seats = (await Promise.all(ids.map((id) => seatsOf(url, id)))).flat();
  const holds = seats.map(({ Id, EventId }) => ({
    method: 'POST' as const,
    path: `/events/${EventId}/tickets/reserve`,
    body: JSON.stringify({ userId: randomUUID(), ticketIds: [Id] }),
  }));
  const reads = ids.map((id) => ({ method: 'GET' as const, path: `/events/${id}` }));
  const purchases = holds.map((shot) => ({ ...shot, path: shot.path.replace(/reserve$/, 'purchase') }));
  return { getEvent: inTurn(reads), reserve: inTurn(holds), purchase: inTurn(purchases), seats: seats.length };
}

/** How long after the answer to an announcement its seats are listed. */
export async function secondsUntilSeatsAreListed(url: string, nth: number): Promise<number> {
  const id = await announce(url, nth, 'O2ArenaLondon');
  const answered = performance.now();
  await seatsOf(url, id);
  return (performance.now() - answered) / 1000;
}

/** Answers the id of the new event, whose seats appear a moment later. No two of a venue may have the same `nth`. */
export async function announce(url: string, nth: number, at: string): Promise<string> {
  const [start, end] = [0, 3_600_000].map((ms) => new Date(firstDay + nth * dayMs + ms).toISOString());
  const body = { EventName: `Bench ${nth}`, StartDate: start, EndDate: end, Venue: at, Price: 42.5 };
  const answer = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`an event could not be announced: ${await answer.text()}`);
  return (await answer.json()) as string;
}

async function seatsOf(url: string, id: string): Promise<Seat[]> {
  for (;;) {
    const seats = (await (await fetch(`${url}/events/${id}/tickets`)).json()) as Seat[];
    if (seats.length > 0) return seats;
  }
}

function inTurn<T>(items: readonly T[]): () => T {
  let at = 0;
  return () => items[at++ % items.length] as T;
}

import { bind } from './bindings.ts';
import { isExchange, type Step } from './captures.ts';
import type { Difference } from './difference.ts';
import { askUntil } from './patience.ts';
import type { Run } from './run.ts';
import { send } from './send.ts';

/** Asks the server for the seats that the recording names in the order of their numbers, and binds each by its number. */
export async function bindSeats(run: Run, step: Step): Promise<Difference[]> {
  const recorded = [step.define?.seats ?? []].flat();
  const eventId = lastEventBefore(run, step);
  if (recorded.length === 0) return [];
  if (!eventId) return [{ where: 'seats', expected: `${recorded.length}`, got: 'none: no event was created before' }];
  const seats = await askUntil(
    run.patienceMs,
    () => seatsOf(run, eventId),
    (ids) => ids.length >= recorded.length,
  );
  for (const [at, id] of recorded.entries()) if (seats[at]) bind(run.bindings, id, seats[at]);
  return seats.length >= recorded.length
    ? []
    : [{ where: 'seats', expected: `${recorded.length}`, got: `${seats.length}` }];
}

/** The last event that the recording has created by then, if the server has created it too. */
function lastEventBefore({ story, bindings }: Run, step: Step): string | undefined {
  const locations = story.steps
    .slice(0, story.steps.indexOf(step) + 1)
    .filter(isExchange)
    .map(({ response }) => /^\/events\/([^/]+)$/i.exec(response.headers.location ?? '')?.[1]);
  return locations.map((id) => bindings.targets.get(id ?? '')).findLast((id) => id !== undefined);
}

async function seatsOf({ baseUrl }: Run, eventId: string): Promise<string[]> {
  const path = `/events/${eventId}/tickets`;
  const { body } = await send(baseUrl, { method: 'GET', path, headers: {} }).catch(() => ({ body: '[]' }));
  const tickets = parseTickets(body);
  return tickets.sort((one, other) => one.SeatNumber - other.SeatNumber).map(({ Id }) => Id);
}

function parseTickets(body: string): { readonly Id: string; readonly SeatNumber: number }[] {
  try {
    const tickets: unknown = JSON.parse(body);
    return Array.isArray(tickets) ? tickets : [];
  } catch {
    return [];
  }
}

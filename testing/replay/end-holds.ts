import { substitute } from './bindings.ts';
import type { Exchange, RecordedRequest } from './captures.ts';
import type { Difference } from './difference.ts';
import type { Expectation } from './expectation.ts';
import { type Hold, seatRequestOf } from './holds.ts';
import { idsIn } from './ids.ts';
import type { Run } from './run.ts';
import { send } from './send.ts';

/**
 * Does what the recording did in its Redis: ends the holds of these keys and of no others. Where the target offers no way
 * to, the seats are remembered, since from here on they fare otherwise than in the recording. A hold that a purchase has
 * ended already (as next) needs nothing.
 */
export async function endNamedHolds(run: Run, keys: readonly string[]): Promise<Difference[]> {
  if (keys.length === 0) return [];
  const named = run.holds.named(keys);
  const seats = run.endHolds ? run.ended : run.unended;
  for (const { ticketId } of named) seats.add(ticketId);
  if (!run.endHolds) return [];
  await run.endHolds(named.map((hold) => ofTarget(run, hold)));
  run.holds.end(named);
  return takeAgain(run, run.holds.all());
}

/** Whether the recording shows the exchange after the end of a hold that still lives here. */
export function isAboutUnendedHolds(run: Run, exchange: Exchange, expected: Expectation): boolean {
  return isAbout(run.unended, exchange, expected.body ?? '');
}

export function isAboutEndedHolds(run: Run, exchange: Exchange): boolean {
  return isAbout(run.ended, exchange, '');
}

/** What a skipped request would have taken is not taken here: its other seats cannot be compared from now on either. */
export function noteSkippedSeats(run: Run, request: RecordedRequest, status: number): void {
  for (const id of (status === 204 && seatRequestOf(request)?.ticketIds) || []) run.unended.add(id);
}

function isAbout(seats: ReadonlySet<string>, { request }: Exchange, answered: string): boolean {
  if (seats.size === 0) return false;
  return idsIn(`${request.path} ${request.body ?? ''} ${answered}`).some((id) => seats.has(id));
}

/** A clock ends all holds at once. Those that live on in the recording are taken again, each by its holder. */
async function takeAgain(run: Run, holds: readonly Hold[]): Promise<Difference[]> {
  const reservations = Map.groupBy(holds, ({ eventId, userId }) => `${eventId} ${userId}`);
  const differences: Difference[] = [];
  for (const reservation of reservations.values()) differences.push(...(await reserve(run, reservation)));
  return differences;
}

async function reserve(run: Run, holds: readonly Hold[]): Promise<Difference[]> {
  const { eventId = '', userId = '' } = holds.map((hold) => ofTarget(run, hold))[0] ?? {};
  const ticketIds = holds.map((hold) => ofTarget(run, hold).ticketId);
  const { status, body } = await send(run.baseUrl, {
    method: 'POST',
    path: `/events/${eventId}/tickets/reserve`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ userId, ticketIds })),
  }).catch((error: Error) => ({ status: 'no answer', body: error.message }));
  if (status === 204) return [];
  return [{ where: `the living holds of user ${userId}, taken again`, expected: '204', got: `${status} ${body}` }];
}

function ofTarget({ bindings }: Run, { eventId, ticketId, userId }: Hold): Hold {
  return {
    eventId: substitute(bindings, eventId),
    ticketId: substitute(bindings, ticketId),
    userId: substitute(bindings, userId),
  };
}

import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { array, formatHundredths, guid, type Members, readObject } from '@ticketbuddy/dotnet-json';
import { unreadable } from '@ticketbuddy/errors';
import { isHeld, type Seat, type Selection } from './seat.ts';

type SelectionBody = { userId: string; ticketIds: string[] };

const members: Members<SelectionBody> = { userId: guid, ticketIds: array(guid) };
const seatsInPiece = 1_000;
const nobody = '00000000-0000-0000-0000-000000000000';

export function readSelection(json: Buffer): Omit<Selection, 'eventId'> {
  const { userId, ticketIds } = readObject(json, members);
  if (ticketIds === undefined) throw unreadable('$.ticketIds', 'The seats are missing.');
  if (userId === undefined || userId === nobody) throw unreadable('$.userId', 'The user is missing.');
  return { userId, seatIds: ticketIds };
}

/** Many seats come in pieces: a stadium in one would keep everybody else waiting. They are as they are now. */
export function seatsJson(seats: readonly Seat[], now: Temporal.Instant): string | AsyncIterable<string> {
  const write = (some: readonly Seat[]) => some.map((seat) => seatJson(seat, now)).join(',');
  return seats.length <= seatsInPiece ? `[${write(seats)}]` : inPieces(seats, write);
}

async function* inPieces(seats: readonly Seat[], write: (some: readonly Seat[]) => string): AsyncGenerator<string> {
  for (let first = 0; first < seats.length; first += seatsInPiece) {
    yield (first === 0 ? '[' : ',') + write(seats.slice(first, first + seatsInPiece));
    await turnOfOthers();
  }
  yield ']';
}

function seatJson(seat: Seat, now: Temporal.Instant): string {
  const { id, eventId, number, pricePence, state } = seat;
  const price = formatHundredths(pricePence);
  const flags = `"Purchased":${state === 'sold'},"Reserved":${isHeld(seat, now)}`;
  return `{"Id":"${id}","EventId":"${eventId}","Price":${price},"SeatNumber":${number},${flags}}`;
}

import { array, formatHundredths, guid, type Members, readObject } from '@ticketbuddy/dotnet-json';
import { unreadable } from '@ticketbuddy/errors';
import { isHeld, type Seat, type Selection } from './seat.ts';

type SelectionBody = { userId: string; ticketIds: string[] };

const members: Members<SelectionBody> = { userId: guid, ticketIds: array(guid) };
const nobody = '00000000-0000-0000-0000-000000000000';

export function readSelection(json: Buffer): Omit<Selection, 'eventId'> {
  const { userId, ticketIds } = readObject(json, members);
  if (ticketIds === undefined) throw unreadable('$.ticketIds', 'The seats are missing.');
  if (userId === undefined || userId === nobody) throw unreadable('$.userId', 'The user is missing.');
  return { userId, seatIds: ticketIds };
}

export function seatsJson(seats: readonly Seat[], now: Temporal.Instant): string {
  return `[${seats.map((seat) => seatJson(seat, now)).join(',')}]`;
}

function seatJson(seat: Seat, now: Temporal.Instant): string {
  const { id, eventId, number, pricePence, state } = seat;
  const price = formatHundredths(pricePence);
  const flags = `"Purchased":${state === 'sold'},"Reserved":${isHeld(seat, now)}`;
  return `{"Id":"${id}","EventId":"${eventId}","Price":${price},"SeatNumber":${number},${flags}}`;
}

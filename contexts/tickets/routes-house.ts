import { Conflict, SeatChanges, SeatMap } from '@ticketbuddy/contracts';
import { type Answer, eventStreamType, type Incoming, type Route, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { Type } from 'typebox';
import { layoutOf } from './layout.ts';
import { eventUnknown } from './refusals.ts';
import type { Sales } from './sales.ts';
import { seatMapOf } from './seat-map.ts';
import { type Position, parsePosition } from './seat-status.ts';
import { SeatViews } from './seat-views.ts';
import { changesBetween } from './store-changes.ts';
import type { DB } from './tables.gen.ts';

const tag = 'the whole house';
const text = (description: string) => Type.Optional(Type.String({ description }));

/** What v2 shows of all seats of an event: where they are, which are taken, and what changes. */
export function houseRoutes({ db, clock }: Deps<DB>, { houses }: Sales): Route[] {
  const views = new SeatViews({
    houses,
    clock,
    changesBetween: (span, limit) => changesBetween(db, span, limit),
  });
  return [seatMapRoute(houses), seatStatusRoute(views), seatChangesRoute(views)];
}

function seatMapRoute(houses: Sales['houses']): Route {
  return route({
    method: 'GET',
    path: '/v2/events/:eventId/seat-map',
    summary: 'Where the seats of an event are',
    description:
      'The header Seat-Map-Hash names the map; asked for as ?hash=… with that, the answer may be kept for ever. How to draw it: see docs/selling.md.',
    tag,
    useCase: 'get seat map',
    query: Type.Object({ hash: text('The hash of the map, as the seat status tells it') }),
    heeds: Type.Object({ 'if-none-match': text('What was the ETag'), 'accept-encoding': text('br, gzip') }),
    answers: { 200: SeatMap, 304: undefined, 404: Conflict },
    handle: async ({ ids: { eventId = '' }, query, headers }) => {
      await houses.load([eventId]);
      const house = houses.get(eventId);
      if (!house) throw eventUnknown();
      const layout = layoutOf(house.venue);
      const { lasting, current } = await seatMapOf(layout);
      return (query.hash === layout.hash ? lasting : current)(headers);
    },
  });
}

function seatStatusRoute(views: SeatViews): Route {
  return route({
    method: 'GET',
    path: '/v2/events/:eventId/seat-status',
    summary: 'Which seats of an event are free, held and sold',
    description:
      'Two bits a seat, by their numbers: 0 free, 1 held, 2 sold. Seat n is in byte (n - 1) >> 2, shifted by ((n - 1) & 3) * 2 bits. The header Seat-Position is where seat-changes goes on, Seat-Map-Hash names the seat map, Server-Time is now.',
    tag,
    useCase: 'get seat status',
    type: 'application/octet-stream',
    heeds: Type.Object({ 'if-none-match': text('What was the ETag'), 'accept-encoding': text('br, gzip') }),
    answers: { 200: Type.String({ format: 'binary' }), 304: undefined, 404: Conflict },
    atHand: ({ ids: { eventId = '' }, headers }) => views.atHand(eventId)?.status(headers),
    handle: async ({ ids: { eventId = '' }, headers }) => (await views.of(eventId)).status(headers),
  });
}

function seatChangesRoute(views: SeatViews): Route {
  return route({
    method: 'GET',
    path: '/v2/events/:eventId/seat-changes',
    summary: 'What changes of the seats of an event, as server-sent events',
    description:
      'The id of each event is a position: as Last-Event-ID, or first as ?after=…, it goes on from there. Its data is SeatChanges. An event named reset says that the position is unknown or too far back: read seat-status anew.',
    tag,
    useCase: 'watch seats',
    type: eventStreamType,
    query: Type.Object({ after: text('The Seat-Position of the seat status') }),
    heeds: Type.Object({ 'last-event-id': text('Goes before ?after') }),
    answers: { 200: SeatChanges, 404: Conflict },
    handle: async (incoming) => watch(views, incoming),
  });
}

async function watch(views: SeatViews, incoming: Incoming<unknown>): Promise<Answer> {
  const { eventId = '' } = incoming.ids;
  const after = positionOf(incoming);
  const view = await (after ? views.since(eventId, after) : views.of(eventId));
  return { status: 200, listening: (stream) => views.join(view, stream, after) };
}

// What cannot be read is a position that nobody has ever told, and is answered like one that is not known any more.
function positionOf({ headers, query }: Incoming<unknown>): Position | undefined {
  const told = headers['last-event-id'] ?? query.after;
  const [text] = [told].flat();
  return text === undefined || text === '' ? undefined : (parsePosition(text) ?? { version: -1, endedMs: 0 });
}

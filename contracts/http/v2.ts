import { Type } from 'typebox';

// The second version of the API: seats by their numbers, money in whole pence, times in UTC, members in camelCase.

const uuid = Type.String({ format: 'uuid' });
const instant = Type.String({ format: 'date-time', description: 'UTC' });
const seat = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Its number at the event' });
const seats = Type.Array(seat, { minItems: 1, maxItems: 1_000, uniqueItems: true });
const closed = { additionalProperties: false };

export const HoldSeats = Type.Object({ userId: uuid, seats }, { title: 'HoldSeats', ...closed });

export const HoldBest = Type.Object(
  {
    userId: uuid,
    count: Type.Integer({ minimum: 1, maximum: 1_000 }),
    category: Type.Optional(Type.String({ description: 'The id of a price category of the seat map; any without it' })),
    adjacent: Type.Optional(Type.Boolean({ description: 'Side by side in one row (true)' })),
    accessible: Type.Optional(Type.Boolean({ description: 'Places for wheelchairs (false)' })),
  },
  { title: 'HoldBest', ...closed },
);

export const SeatPolicy = Type.Object(
  { leaveNoSingle: Type.Boolean({ description: 'Rather choose seats further away than leave a single one' }) },
  { title: 'SeatPolicy', ...closed },
);

/** Either of a hold, or of seats that need not be held: two members in any case. */
export const BuySeats = Type.Object(
  { userId: uuid, holdId: Type.Optional(uuid), seats: Type.Optional(seats) },
  {
    title: 'BuySeats',
    description: 'Exactly one of holdId and seats is wanted.',
    minProperties: 2,
    maxProperties: 2,
    ...closed,
  },
);

/** Whoever knows the id of a hold may extend, release or buy it. */
export const Hold = Type.Object(
  {
    holdId: uuid,
    eventId: uuid,
    seats: Type.Array(seat),
    heldUntil: instant,
    extendable: Type.Boolean({ description: 'Whether its end can be moved, once' }),
    reason: Type.Optional(Type.String({ description: 'Why just these seats' })),
    serverTime: instant,
  },
  { title: 'Hold' },
);

export const Order = Type.Object(
  {
    order: Type.Object({
      id: uuid,
      number: Type.String({ description: 'For people, such as 7K3M-9QXP-2D' }),
      eventId: uuid,
      userId: uuid,
      totalPence: Type.Integer(),
      boughtAt: instant,
    }),
    tickets: Type.Array(
      Type.Object({
        seat,
        seatId: uuid,
        pricePence: Type.Integer(),
        code: Type.String({ description: 'Signed: see docs/ticket-codes.md' }),
      }),
    ),
    serverTime: instant,
  },
  { title: 'Order' },
);

/** A no with its reason as a code, and what goes with that reason. */
export const Conflict = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    taken: Type.Optional(Type.Array(Type.Object({ seat, because: Type.Enum(['held', 'sold']) }))),
    alternative: Type.Optional(
      Type.Union([Type.Array(seat), Type.Null()], { description: 'As many free seats, as near as can be' }),
    ),
    unknown: Type.Optional(Type.Array(seat)),
    limit: Type.Optional(Type.Integer()),
    has: Type.Optional(Type.Integer()),
    serverTime: Type.Optional(instant),
    traceId: Type.String(),
  },
  { title: 'Conflict' },
);

export const TicketKeys = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.Literal('OKP'),
        crv: Type.Literal('Ed25519'),
        x: Type.String(),
        kid: Type.String(),
        use: Type.Literal('sig'),
        alg: Type.Literal('EdDSA'),
      }),
    ),
  },
  { title: 'TicketKeys' },
);

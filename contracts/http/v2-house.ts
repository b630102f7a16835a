import { Type } from 'typebox';

// What the second version shows of a whole house: where its seats are, and which of them are taken.

const metres = (description?: string) => Type.Tuple([Type.Number(), Type.Number()], description ? { description } : {});
const seats = Type.Array(Type.Integer({ minimum: 1 }));

const row = {
  label: Type.String(),
  first: Type.Integer({ minimum: 1, description: 'The number of its first seat; the others follow' }),
  count: Type.Integer({ minimum: 1 }),
  accessible: Type.Optional(
    Type.Array(Type.Tuple([Type.Integer(), Type.Integer()]), {
      description: 'The first and the last seat of each stretch of accessible places, counted in the row from 1 on',
    }),
  ),
};

/** Metres on a plan, x to the right and y downwards; degrees from 0 to the right to 90 downwards. */
export const SeatMap = Type.Object(
  {
    venue: Type.Integer(),
    name: Type.String(),
    title: Type.String(),
    capacity: Type.Integer({ minimum: 1, description: 'Seats have the numbers from 1 to this' }),
    stage: metres(),
    categories: Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        pricePercent: Type.Number({ description: 'Of the price of the event' }),
      }),
    ),
    blocks: Type.Array(
      Type.Object({
        name: Type.String(),
        category: Type.String({ description: 'The id of one of the categories' }),
        rows: Type.Array(
          Type.Union([
            Type.Object({ ...row, at: metres('The first seat'), step: metres('From each seat to the next') }),
            Type.Object({
              ...row,
              around: metres('The middle of the circle on which the row is'),
              radius: Type.Number(),
              angle: Type.Number({ description: 'Where on the circle the first seat is' }),
              turn: Type.Number({ description: 'From each seat to the next' }),
            }),
          ]),
        ),
      }),
    ),
  },
  { title: 'SeatMap' },
);

/** The data of one of the server-sent events that tell of seats; of one named `reset` without the lists. */
export const SeatChanges = Type.Object(
  {
    version: Type.Integer(),
    free: Type.Optional(seats),
    held: Type.Optional(seats),
    sold: Type.Optional(seats),
    serverTime: Type.String({ format: 'date-time', description: 'UTC' }),
  },
  { title: 'SeatChanges' },
);

import { type Static, Type } from 'typebox';

/**
 * An event was announced or changed. As we publish it: venue as its wire number, price as pounds with two decimals,
 * times in UTC with `+00:00`.
 */
export const EventUpserted = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    eventName: Type.String(),
    startDate: Type.String(),
    endDate: Type.String(),
    venue: Type.Integer(),
    price: Type.String(),
  },
  { title: 'EventUpserted' },
);

export type EventUpserted = Static<typeof EventUpserted>;

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

const uuid = Type.String({ format: 'uuid' });
const text = Type.String();
const whole = Type.Integer();
const ofEvent = Type.Object({ eventId: uuid });
const HoldSeats = Type.Object({
  userId: uuid,
  seats: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 100 }),
});
const Hold = Type.Object({
  holdId: text,
  eventId: text,
  seats: Type.Array(whole),
  heldUntil: text,
  extendable: Type.Boolean(),
  serverTime: text,
});
const Purchase = Type.Object({ userId: uuid, holdId: uuid });
const Ordered = Type.Object({
  order: Type.Object({
    id: text,
    number: text,
    eventId: text,
    userId: text,
    totalPence: whole,
    boughtAt: text,
  }),
  tickets: Type.Array(Type.Object({ seat: whole, seatId: text, pricePence: whole, code: text })),
  serverTime: text,
});
const Bytes = Type.Object({ headers: Type.Record(text, text), base64: text });

/**
 * The least that a server on this stack has to do for a hold, a purchase and the state of all seats: the bodies are
 * validated, and what the shop once answered is written out as JSON, or sent as the bytes that it is. `PUT` tells it what.
 */
export function addSellingCeiling(server: FastifyInstance): void {
  let hold: unknown;
  let ordered: unknown;
  let status = { headers: {} as Record<string, string>, bytes: Buffer.alloc(0) };

  const v2 = '/v2/events/:eventId';
  server.post(
    `${v2}/holds`,
    { schema: { params: ofEvent, body: HoldSeats, response: { 201: Hold } } },
    async (_request, reply) => reply.code(201).send(hold),
  );
  server.post(
    `${v2}/purchases`,
    { schema: { params: ofEvent, body: Purchase, response: { 201: Ordered } } },
    async (_request, reply) => reply.code(201).send(ordered),
  );
  server.get(`${v2}/seat-status`, { schema: { params: ofEvent } }, async (_request, reply) =>
    reply.headers(status.headers).send(status.bytes),
  );
  server.put('/answers/hold', async ({ body }) => {
    hold = body;
  });
  server.put('/answers/order', async ({ body }) => {
    ordered = body;
  });
  server.put<{ Body: { headers: Record<string, string>; base64: string } }>(
    '/answers/seat-status',
    { schema: { body: Bytes } },
    async ({ body: { headers, base64 } }) => {
      status = { headers, bytes: Buffer.from(base64, 'base64') };
    },
  );
}

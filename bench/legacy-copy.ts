import { createPool, withTransaction } from '@ticketbuddy/postgres';
import Fastify from 'fastify';
import type pg from 'pg';
import { Type } from 'typebox';
import { openRedis } from './redis-line.ts';

// How the legacy buys seats, call for call: Redis is asked for the hold of each seat, one after the other; all seats of
// the event are loaded, by a scan of the table, which has no index for it; the bought ones are written back. It is better
// off here than it was: served by the bare server, without an object mapper, and its seats are written by one statement.
type Ticket = { readonly Id: string; readonly UserId: string | null };
type Wanted = { readonly userId: string; readonly ticketIds: readonly string[] };

const uuid = Type.String({ format: 'uuid' });
const { DATABASE_URL = '', REDIS_PORT = '' } = process.env;
const pool = createPool({ url: DATABASE_URL, connections: 16 });
const redis = openRedis(Number(REDIS_PORT));

const server = Fastify();
server.post<{ Params: { id: string }; Body: Wanted }>(
  '/events/:id/tickets/purchase',
  {
    schema: {
      params: Type.Object({ id: uuid }),
      body: Type.Object({ userId: uuid, ticketIds: Type.Array(uuid) }),
    },
  },
  async ({ params, body }, reply) => {
    const refused = await purchase(params.id, body);
    return refused ? reply.code(400).send({ Message: refused, Errors: [refused] }) : reply.code(204).send();
  },
);
console.log(`Server listening at ${await server.listen({ port: 0, host: '127.0.0.1' })}`);

async function purchase(eventId: string, { userId, ticketIds }: Wanted): Promise<string | undefined> {
  for (const id of ticketIds) {
    const holder = await redis.command('GET', `event:${eventId}:ticket:${id}:reservation`);
    if (holder !== undefined && holder !== userId) return 'Tickets already reserved';
  }
  const tickets = await ticketsOf(eventId);
  const wanted = ticketIds.flatMap((id) => tickets.find((ticket) => ticket.Id === id) ?? []);
  if (wanted.length < ticketIds.length) return 'One or more tickets do not exist';
  if (wanted.some(({ UserId }) => UserId !== null)) return 'Tickets are not available';
  await withTransaction(pool, (client) => save(client, userId, ticketIds));
  return undefined;
}

async function ticketsOf(eventId: string): Promise<Ticket[]> {
  const { rows } = await pool.query<Ticket>(
    `select "Id", "EventId", "Price", "SeatNumber", "UserId", "PurchasedAt" from "Ticket"."Tickets"
     where "EventId" = $1`,
    [eventId],
  );
  return rows;
}

async function save(client: pg.PoolClient, userId: string, ids: readonly string[]): Promise<void> {
  await client.query('update "Ticket"."Tickets" set "UserId" = $1, "PurchasedAt" = $2 where "Id" = any($3::uuid[])', [
    userId,
    new Date().toISOString(),
    ids,
  ]);
}

import Fastify from 'fastify';
import { Type } from 'typebox';
import { addSellingCeiling } from './selling-ceiling.ts';

// The least that any server on this stack has to do: the same routes, the same validation, answers of the same size.
const id = Type.String({ format: 'uuid' });
const event = {
  EventName: 'The Northern Lights',
  StartDate: '2030-12-03T19:00:00+00:00',
  EndDate: '2030-12-03T22:00:00+00:00',
  Venue: 'FirstDirectArenaLeeds',
  Price: 42.5,
  Id: 'e0e00000-0000-4000-8000-000000000001',
};
const text = Type.String();
const Event = Type.Object({
  EventName: text,
  StartDate: text,
  EndDate: text,
  Venue: text,
  Price: Type.Number(),
  Id: text,
});

const server = Fastify();
server.get('/events/:id', { schema: { params: Type.Object({ id }), response: { 200: Event } } }, async () => event);
server.post(
  '/events/:id/tickets/reserve',
  { schema: { params: Type.Object({ id }), body: Type.Object({ userId: id, ticketIds: Type.Array(id) }) } },
  async (_request, reply) => reply.code(204).send(),
);
addSellingCeiling(server);
console.log(`Server listening at ${await server.listen({ port: 0, host: '127.0.0.1' })}`);

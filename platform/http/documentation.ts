import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { Route } from './route.ts';

/** Serves OpenAPI 3.1 of every described route at `/openapi.json`, and a page to try it at `/docs`. */
export async function describeApi(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'TicketBuddy', version: '1', description: 'Events, their seats, and the users who buy them.' },
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs' });
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
}

export function describeRoute(route: Route): FastifySchema {
  const parameters = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const headers = route.repeatable ? repeatableHeaders : route.heeds;
  return {
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    tags: [route.tag],
    ...(parameters.length > 0 ? { params: idParameters(parameters) } : {}),
    ...(route.query ? { querystring: route.query } : {}),
    ...(headers ? { headers } : {}),
    ...(route.request ? { body: route.request } : {}),
    response: Object.fromEntries(
      Object.entries(route.answers).map(([status, schema]) => describe(route, status, schema)),
    ),
  };
}

function describe({ type }: Route, status: string, schema: TSchema = nothing): [string, object] {
  return [status, type && status === '200' ? { description: 'OK', content: { [type]: { schema } } } : schema];
}

const repeatableHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Marks one attempt, such as a UUID. The same key with the same body gets the same answer for 24 hours and changes nothing again; with another body it is refused with 422.',
    }),
  ),
});

const nothing = Type.Null({ description: 'No body' });

function idParameters(names: readonly string[]): TSchema {
  return Type.Object(Object.fromEntries(names.map((name) => [name, Type.String({ format: 'uuid' })])));
}

import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Any origin may read every answer, and a preflight on any path is granted what it asks for. The legacy's clients
 * depend on exactly that; only a request with `Origin` hears of it. Answers whether the reply was sent.
 */
export function answerCors(request: FastifyRequest, reply: FastifyReply): boolean {
  const {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': headers,
  } = request.headers;
  if (origin === undefined) return false;
  reply.header('access-control-allow-origin', '*');
  if (request.method !== 'OPTIONS' || method === undefined) return false;
  reply.header('access-control-allow-methods', method);
  if (headers !== undefined) reply.header('access-control-allow-headers', headers);
  reply.code(204).send();
  return true;
}

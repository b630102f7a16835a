import type { Server } from 'node:net';
import { expect, test, vi } from 'vitest';
import { aDataFolder, aServer, query } from './test-embedded.ts';

const taken = vi.hoisted((): { port?: number; offers: number } => ({ offers: 0 }));

// The first free port that the server is offered is one that somebody takes before it does.
vi.mock('node:net', async (importOriginal) => {
  const net = await importOriginal<typeof import('node:net')>();
  return { ...net, createServer: () => offering(net.createServer()) };
});

function offering(server: Server): Server {
  const address = server.address.bind(server);
  server.address = () =>
    taken.port !== undefined && taken.offers++ === 0
      ? { address: '127.0.0.1', family: 'IPv4', port: taken.port }
      : address();
  return server;
}

test('a port that is taken in the last moment is given up for another', async () => {
  const other = await aServer(await aDataFolder());
  taken.port = Number(new URL(other.url).port);
  const { url } = await aServer(await aDataFolder());
  expect(taken.offers).toBe(2);
  expect(await query(url, 'SELECT 1 AS served')).toEqual([{ served: 1 }]);
});

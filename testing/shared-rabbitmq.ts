import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Address, addVirtualHosts, startRabbitMq, type TestRabbitMq } from './rabbitmq.ts';

const batch = 16;

/**
 * A RabbitMQ for all tests of a run. These are processes of their own, which ask at `url` for a virtual host. The server
 * starts when the first one does: a run of tests that need none does not pay for it.
 */
export async function shareRabbitMq(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  let server: Promise<TestRabbitMq> | undefined;
  const nextAddress = addressesOn(() => {
    server = startRabbitMq();
    return server;
  });
  const desk = createServer((_request, response) => {
    nextAddress().then(
      (address) => response.end(JSON.stringify(address)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await once(desk.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(desk.address() as AddressInfo).port}`,
    async stop() {
      desk.closeAllConnections();
      await once(desk.close(), 'close');
      const started = await server?.catch(() => undefined);
      await started?.stop();
    },
  };
}

/** Answers the address of another virtual host with each call. */
function addressesOn(start: () => Promise<TestRabbitMq>): () => Promise<Address> {
  let server: Promise<TestRabbitMq> | undefined;
  let added: Promise<void> | undefined;
  let asked = 0;
  return async () => {
    server ??= start();
    const nth = asked++;
    if (nth % batch === 0) {
      const names = Array.from({ length: batch }, (_, more) => nameOf(nth + more));
      added = server.then((started) => addVirtualHosts(started, names));
    }
    await added;
    const { url, environment } = await server;
    return { url: `${url}/${nameOf(nth)}`, environment };
  };
}

function nameOf(nth: number): string {
  return `test-${nth}`;
}

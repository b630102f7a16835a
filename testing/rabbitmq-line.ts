import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on 127.0.0.1 that can be cut: what is on it is lost, and nobody gets through any more. */
export type Line = { readonly url: string; cut(): Promise<void> };

/** On a free port unless told otherwise. */
export async function openLine(url: string, port = 0): Promise<Line> {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const own = new URL(url);
  own.port = `${(server.address() as { port: number }).port}`;
  return {
    url: own.href,
    async cut() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server.close(), 'close');
    },
  };
}

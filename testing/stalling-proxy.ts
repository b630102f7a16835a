import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A line to a server on 127.0.0.1 on which things can go quiet, without anybody being told. */
export type StallingProxy = {
  readonly url: string;
  /**
   * Nothing passes for that long, in either direction; no connection is closed, and new ones are taken and not answered.
   * Then new ones pass again. Those from before stay silent for ever, as when a firewall has forgotten them.
   */
  stallFor(ms: number): Promise<void>;
  stop(): Promise<void>;
};

export async function openStallingProxy(url: string): Promise<StallingProxy> {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((near) => {
    keep(sockets, near);
    if (isStalled) return;
    const far = keep(sockets, connect(target, '127.0.0.1'));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const own = new URL(url);
  own.port = `${(server.address() as { port: number }).port}`;
  return {
    url: own.href,
    async stallFor(ms) {
      isStalled = true;
      for (const socket of sockets) socket.unpipe().pause().removeAllListeners('close');
      await sleep(ms);
      isStalled = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}

function keep(sockets: Set<Socket>, socket: Socket): Socket {
  sockets.add(socket);
  return socket.on('error', () => undefined);
}

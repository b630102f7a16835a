import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on 127.0.0.1 on which things can go quiet, without anybody being told. */
export type StallingProxy = {
  readonly url: string;
  /** From now on nothing passes, in either direction; no connection is closed, and new ones are taken and not answered. */
  stall(): void;
  /** New connections pass again. Those from before stay silent for ever, as when a firewall has forgotten them. */
  passNewOnes(): void;
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
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.unpipe().pause().removeAllListeners('close');
    },
    passNewOnes() {
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

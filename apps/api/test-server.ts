import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@ticketbuddy/postgres';

/** A PostgreSQL server of the test's own, which can go away and come back at the same address. */
export type TestServer = {
  readonly url: string;
  readonly dataFolder: string;
  /** Cuts every session off and ends in order. */
  shutDown(): Promise<void>;
  /** Ends it without a chance to put anything in order. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
};

export async function startTestServer(): Promise<TestServer> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-restart-'));
  const port = await aPortNobodyIsGiven();
  // A killed process loses nothing that it had handed to the kernel, so nothing needs to wait for the disk.
  const start = () => startEmbedded({ dataFolder, port, settings: { fsync: 'off' } });
  let server = await start();
  return {
    url: server.url,
    dataFolder,
    shutDown: () => server.stop(),
    async kill() {
      const pid = Number.parseInt(await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
      process.kill(pid, 'SIGKILL');
      await server.stop();
    },
    async start() {
      server = await start();
    },
    async remove() {
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/**
 * Below those that the kernel gives to connections: a client that tries such a port again and again while nobody
 * listens there can be given the port itself, is then connected to itself, and the server cannot come back.
 */
async function aPortNobodyIsGiven(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

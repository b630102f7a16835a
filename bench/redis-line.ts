import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWhenInterrupted } from './interrupted.ts';

const program = '/usr/bin/redis-server';

export type Redis = { readonly port: number; stop(): Promise<void> };

export function redisIsMissing(): boolean {
  return !existsSync(program);
}

/** A Redis of our own on a free port of 127.0.0.1, that writes nothing to disk. */
export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-redis-'));
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn(program, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  endWhenInterrupted(stop);
  await readyToAccept(child);
  return { port, stop };
}

/** One connection to Redis, for commands whose answers are one text or none. What is asked is answered in that order. */
export function openRedis(port: number) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const waiting: ((answer: string | undefined) => void)[] = [];
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    received += piece;
    for (let reply = readReply(received); reply; reply = readReply(received)) {
      received = received.slice(reply.length);
      waiting.shift()?.(reply.text);
    }
  });
  return {
    command(...words: readonly string[]): Promise<string | undefined> {
      socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`, 'latin1');
      return new Promise((resolve) => waiting.push(resolve));
    },
    close: () => socket.destroy(),
  };
}

type Reply = { readonly text: string | undefined; readonly length: number };

// `$36…` a text by its length, `$-1` none, `+OK` a short text; an error is none that this program could mend.
function readReply(received: string): Reply | undefined {
  const end = received.indexOf('\r\n');
  if (end < 0) return undefined;
  const line = received.slice(1, end);
  if (received[0] === '-') throw new Error(`Redis: ${line}`);
  if (received[0] !== '$') return { text: line, length: end + 2 };
  if (line === '-1') return { text: undefined, length: end + 2 };
  const length = end + 2 + Number(line) + 2;
  return received.length < length ? undefined : { text: received.slice(end + 2, length - 2), length };
}

/** A port of 127.0.0.1 on which nobody listens just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

async function readyToAccept(child: ChildProcess): Promise<void> {
  let said = '';
  for await (const piece of child.stdout ?? []) {
    said += piece;
    if (said.includes('Ready to accept connections')) break;
  }
  if (child.exitCode !== null) throw new Error(`Redis did not start:\n${said}`);
}

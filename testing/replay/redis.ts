import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { end, freePort } from './start-system.ts';

export const redisProgram = '/usr/bin/redis-server';

export type TestRedis = {
  readonly url: string;
  /** One command, whose answer is waited for and not read. Throws when Redis refuses it. */
  command(...words: readonly string[]): Promise<void>;
  stop(): Promise<void>;
};

/** Whether this machine has no Redis. In CI that is an error: there the tests must not be skipped. */
export function redisIsMissing(): boolean {
  if (existsSync(redisProgram)) return false;
  if (process.env.CI) throw new Error('Redis is not installed (Debian: redis-server), and CI may not skip its tests');
  process.stderr.write('\nSKIPPED: the tests of Redis, because redis-server is not installed on this machine\n\n');
  return true;
}

/** A Redis of our own on a free port of 127.0.0.1, that keeps nothing: its files would be in `folder`. */
export async function startRedis(folder = tmpdir()): Promise<TestRedis> {
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  // In a process group of its own: Ctrl-C ends it in order, after what uses it.
  const child = spawn(redisProgram, settings, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  await readyToAccept(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    command: (...words) => ask(port, words),
    async stop() {
      await end(child);
      process.off('exit', endWithUs);
    },
  };
}

async function ask(port: number, words: readonly string[]): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
  const [answer] = await once(socket.setEncoding('latin1'), 'data');
  socket.destroy();
  if (String(answer).startsWith('-')) throw new Error(`Redis refuses ${words[0]}: ${answer}`);
}

async function readyToAccept({ stdout }: ChildProcess): Promise<void> {
  const ready = 'Ready to accept connections';
  let said = '';
  // The stream stays open: a server whose output nobody takes would end with it.
  for await (const piece of stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    said += piece;
    if (said.includes(ready)) break;
  }
  stdout?.resume();
  if (!said.includes(ready)) throw new Error(`Redis did not start:\n${said}`);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { askUntil } from './patience.ts';
import type { ReplayOptions } from './run.ts';
import { send } from './send.ts';

export type System = Pick<ReplayOptions, 'baseUrl' | 'endHolds' | 'ownPaths'> & {
  /** Ends the process and removes its data. Safe to call twice. */
  stop(): Promise<void>;
};

const START_MS = 120_000;
const STOP_MS = 20_000;
const LOG_CHARACTERS = 2_000;

/** Settings that would lead the started system to data of others, or change what it answers. */
const NOT_INHERITED = ['DATABASE_URL', 'AMQP_URL', 'MODULES', 'OIDC_ISSUER', 'OIDC_AUDIENCE'];

/**
 * Starts an empty system and waits until it is healthy. Throws a sentence with the end of its log when it never is.
 * `whenStopIsDue` is told at once what ends it: a user may lose patience before it is healthy. `settings` are added to
 * its environment.
 */
export async function startSystem(
  entry: string,
  whenStopIsDue: (stop: System['stop']) => void,
  settings: Readonly<Record<string, string>> = {},
): Promise<System> {
  const data = await mkdtemp(join(tmpdir(), 'ticketbuddy-replay-'));
  const port = await freePort();
  // In a process group of its own: Ctrl-C reaches this process alone, which then ends the other in order.
  const child = spawn(process.execPath, [entry], {
    env: { ...environment(port, data), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = keepLog(child);
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const stop = async () => {
    await end(child);
    process.off('exit', endWithUs);
    await rm(data, { recursive: true, force: true });
  };
  whenStopIsDue(stop);
  const baseUrl = `http://127.0.0.1:${port}`;
  if (await isHealthy(baseUrl, child)) return { baseUrl, stop };
  await stop();
  throw new Error(`${entry} did not become healthy. The end of its log:\n${log()}`);
}

/** No recorded request carries a token, so the system has to serve anonymous callers. */
function environment(port: number, data: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.includes(name));
  const own = { HOST: '127.0.0.1', PORT: String(port), TICKETBUDDY_DATA: data, TICKETBUDDY_SEED: 'off' };
  return { ...Object.fromEntries(inherited), ...own, LEGACY_COMPATIBILITY: 'anonymous' };
}

/** A port of this machine on which nobody listens just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

function keepLog(child: ChildProcess): () => string {
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      log = `${log}${text}`.slice(-LOG_CHARACTERS);
    });
  }
  child.on('error', (error) => {
    log += error.message;
  });
  return () => log.trim() || '(it wrote nothing)';
}

async function isHealthy(baseUrl: string, child: ChildProcess): Promise<boolean> {
  const ask = () =>
    send(baseUrl, { method: 'GET', path: '/health', headers: {} }).then(
      ({ status }) => status,
      () => undefined,
    );
  return (await askUntil(START_MS, ask, (status) => status === 200 || hasEnded(child))) === 200;
}

/** Ends the process in order, or after a while by force. */
export async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const isLate = await Promise.race([ended.then(() => false), wait(STOP_MS, true, { ref: false })]);
  if (isLate) child.kill('SIGKILL');
  await ended;
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

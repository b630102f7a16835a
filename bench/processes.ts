import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endWhenInterrupted } from './interrupted.ts';

export type Running = { readonly url: string; readonly pid: number; stop(): Promise<void> };

/** The bare server, in a process of its own. */
export function startCeiling(): Promise<Running> {
  return start('./ceiling.ts', {});
}

/** A collector of traces that keeps nothing. */
export function startCollector(): Promise<Running> {
  return start('./collector.ts', {});
}

/** The legacy's way to sell, on a database and a Redis of its own. */
export function startLegacyCopy(settings: Record<string, string>): Promise<Running> {
  return start('./legacy-copy.ts', settings);
}

/** What only forwards, to the server at `UPSTREAM`. */
export function startBareForward(settings: Record<string, string>): Promise<Running> {
  return start('./bare-forward.ts', settings);
}

export function startGateway(settings: Record<string, string>): Promise<Running> {
  return start('../apps/gateway/start.mjs', { PORT: '0', ...settings });
}

/** The shop as `npm start` runs it, on a new data folder, without demo data. */
export async function startShop(settings: Record<string, string> = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-bench-'));
  const own = { PORT: '0', TICKETBUDDY_DATA: folder, TICKETBUDDY_SEED: 'off' };
  const shop = await start('../apps/api/start.mjs', { ...own, ...settings });
  const stop = async () => {
    await shop.stop();
    await rm(folder, { recursive: true, force: true });
  };
  endWhenInterrupted(stop);
  return { ...shop, stop };
}

/** Resident memory of a process, in MB. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function start(program: string, settings: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [new URL(program, import.meta.url).pathname], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  endWhenInterrupted(stop);
  const url = await addressOf(child, program);
  return { url, pid: child.pid ?? 0, stop };
}

async function addressOf(child: ChildProcess, program: string): Promise<string> {
  const said: string[] = [];
  child.stderr?.on('data', (piece: Buffer) => said.push(piece.toString()));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    const url = /Server listening at (http:[^"\s]+)/.exec(line)?.[1];
    if (url === undefined) continue;
    // What it says from here on is read by nobody, and must not make it wait.
    child.stdout?.resume();
    return url;
  }
  throw new Error(`${program} did not start:\n${said.join('')}`);
}

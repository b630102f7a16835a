import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { type EmbeddedServer, startEmbedded } from './embedded.ts';

export const isRoot = process.geteuid?.() === 0;
export const quick = { fsync: 'off' };

/** A path for a data folder that does not exist yet; it is removed after the test. */
export async function aDataFolder(): Promise<string> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'embedded-test-')));
  onTestFinished(() => rm(parent, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return join(parent, 'data');
}

/** A server in this process, stopped after the test. */
export async function aServer(dataFolder: string, settings: Record<string, string> = quick): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataFolder, settings });
  onTestFinished(() => server.stop());
  return server;
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const result = await client.query(sql).finally(() => client.end());
  return result.rows as Record<string, unknown>[];
}

export type Owner = {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The next line it writes: `url <url>`, `step <step>`, `refused <sentence>`, `interrupted`. */
  line(): Promise<string>;
  /** Waits for the line that begins so and answers the rest of it. */
  said(word: string): Promise<string>;
};

type OwnerOptions = {
  readonly dataFolder: string;
  readonly embedded?: string;
  readonly uid?: number;
  readonly env?: Record<string, string>;
};

/** Another process, in a group of its own, that starts a server. It ends, and its server with it, when we do. */
export function anOwner({
  dataFolder,
  embedded = join(import.meta.dirname, 'embedded.ts'),
  uid,
  env,
}: OwnerOptions): Owner {
  const child = spawn(process.execPath, ['--input-type=module', '-e', ownerProgram, embedded, dataFolder], {
    ...(uid === undefined ? {} : { uid, gid: uid }),
    cwd: '/',
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => ended(child));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value ?? 'ended';
  return { process: child, pid: child.pid ?? 0, line, said: (word) => lineThatBegins(word, line) };
}

const ownerProgram = `
  const { startEmbedded } = await import(process.argv[1]);
  const say = (line) => process.stdout.write(line + '\\n');
  const onProgress = (step) => say('step ' + step);
  process.stdin.resume().on('end', () => process.exit());
  try {
    const server = await startEmbedded({ dataFolder: process.argv[2], settings: { fsync: 'off' }, onProgress });
    process.on('SIGINT', () => say('interrupted'));
    process.on('SIGTERM', () => server.stop().then(() => process.exit()));
    process.on('SIGUSR2', () => { throw new Error('the uncaught error of this test'); });
    say('url ' + server.url);
  } catch (error) {
    say('refused ' + error.message);
    process.exit();
  }
`;

async function lineThatBegins(word: string, line: () => Promise<string>): Promise<string> {
  for (;;) {
    const next = await line();
    if (next.startsWith(`${word} `) || next === word) return next.slice(word.length + 1);
    if (next === 'ended') throw new Error(`the owner ended and never said "${word}"`);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

export async function killed(owner: Owner): Promise<void> {
  owner.process.kill('SIGKILL');
  await once(owner.process, 'exit');
}

/** Polls until the fact holds; the test's own time limit bounds it. */
export async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await delay(5);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function postmasterPid(dataFolder: string): number {
  return Number.parseInt(readFileSync(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

/** Every process that works somewhere in the folder, also in a deleted one. Linux only. */
export function processesIn(dataFolder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => workingDirectory(pid).startsWith(dataFolder)).map(Number);
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

export function permissions(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

export function stagingIn(dataFolder: string): string[] {
  if (!existsSync(dataFolder)) return [];
  return readdirSync(dataFolder).filter((name) => name.startsWith('postgres.init-'));
}

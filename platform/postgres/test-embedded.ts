import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import { type EmbeddedServer, startEmbedded } from './embedded.ts';

export const isRoot = process.geteuid?.() === 0;
export const quick = { fsync: 'off' };

/** A path for a data folder that does not exist yet; it is removed after the test. */
export async function aNewFolder(): Promise<string> {
  const parent = await makeParent();
  onTestFinished(() => remove(parent));
  return join(parent, 'data');
}

/** A data folder that a server has been started on and stopped before. Initialising takes seconds, a copy does not. */
export async function aDataFolder(): Promise<string> {
  template ??= makeTemplate();
  const folder = await aNewFolder();
  execFileSync('cp', ['-a', await template, folder]);
  return folder;
}

let template: Promise<string> | undefined;

async function makeTemplate(): Promise<string> {
  const folder = join(await makeParent(), 'data');
  const server = await startEmbedded({ dataFolder: folder, settings: quick });
  await server.stop();
  return folder;
}

afterAll(async () => {
  if (template) await remove(dirname(await template));
});

async function makeParent(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'embedded-test-')));
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
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

/** Polls until the server is working on the statement. */
export async function untilRunning(url: string, sql: string): Promise<void> {
  const count = `SELECT count(*)::int FROM pg_stat_activity WHERE state = 'active' AND query = '${sql}'`;
  while ((await query(url, count))[0]?.count === 0) await delay(5);
}

export type Owner = {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Waits for the next line that begins so, of `url …`, `step …`, `refused …`, `interrupted`; answers the rest of it. */
  said(word: string): Promise<string>;
  /** Asks it to stop its server and waits until it has ended. */
  stopped(): Promise<void>;
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
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => ended(child));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value ?? 'ended';
  return {
    process: child,
    pid: child.pid ?? 0,
    said: (word) => lineThatBegins(word, line),
    stopped: () => ended(child),
  };
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
  let before = '';
  for (;;) {
    const next = await line();
    if (next.startsWith(`${word} `) || next === word) return next.slice(word.length + 1);
    if (next === 'ended') throw new Error(`the owner never said "${word}", but at last "${before}"`);
    before = next;
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

/** A process that has ended and only waits for its parent to notice is not alive. */
export function isAlive(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
    return !state.startsWith('Z');
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

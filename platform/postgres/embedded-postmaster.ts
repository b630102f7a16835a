import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '@ticketbuddy/errors';
import type { Binaries } from './embedded-binaries.ts';
import type { DataFiles } from './embedded-files.ts';
import { openLog, type ServerLog, tendLog } from './embedded-log.ts';
import { type Account, runProgram } from './embedded-program.ts';

type PostmasterOptions = {
  readonly files: DataFiles;
  readonly account: Account;
  readonly binaries: Binaries;
  /** `undefined` takes any free one. */
  readonly port: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly onProgress: (step: string) => void;
};

type Postmaster = { readonly port: number; stop(): Promise<void> };

const attemptsMax = 5;

/**
 * Starts the server on a port of 127.0.0.1 and waits until it takes connections, however long its recovery from
 * a crash may take. Throws a `StartError` with PostgreSQL's own reason when it ends instead.
 */
export async function startPostmaster(options: PostmasterOptions, attempt = 1): Promise<Postmaster> {
  const port = options.port ?? (await freePort());
  const log = await openLog(options.files.log);
  const child = await runPostmaster(options, port, log).finally(() => log.close());
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  endWithThisProcess(child, exited);
  void exited.then(tendLog(options.files.log));
  if (await becomesReady(child, options)) return { port, stop: () => stop(child, exited) };
  const reason = await log.reason();
  // Between our choosing the port and the server's taking it, somebody else did.
  if (reason.includes('could not create any TCP/IP sockets') && attempt < attemptsMax) {
    return startPostmaster(options, attempt + 1);
  }
  throw new StartError(`PostgreSQL did not start: ${reason}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function runPostmaster({ files, account, binaries, settings }: PostmasterOptions, port: number, log: ServerLog) {
  const all = { ...shopSettings, ...settings, ...ownSettings, port: String(port) };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return runProgram(binaries.postgres, options, {
    account,
    dataDirectory: files.data,
    stdio: ['ignore', log.fd, log.fd],
  });
}

/** One machine, many short transactions, nothing acknowledged before it is on disk. */
const shopSettings = {
  wal_level: 'logical',
  max_connections: '150',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Only this machine, and on it only who knows the password. */
const ownSettings = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };

const msBetweenLooks = 5;
const msUntilSlow = 2_000;

/** Waits until the server says so in its pid file, as pg_ctl does; false when it ends first. */
async function becomesReady(child: ChildProcess, { files, onProgress }: PostmasterOptions): Promise<boolean> {
  const slow = setTimeout(() => onProgress('Waiting for the database to take connections'), msUntilSlow);
  try {
    while (isRunning(child)) {
      if (await saysReady(files.pidFile, child.pid)) return true;
      await delay(msBetweenLooks);
    }
    return false;
  } finally {
    clearTimeout(slow);
  }
}

const statusLine = 7;

async function saysReady(pidFile: string, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === pid && lines[statusLine]?.trim() === 'ready';
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

const msForFastShutdown = 10_000;

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (!isRunning(child)) return;
  child.ref();
  child.kill('SIGINT');
  // Sessions that do not let go are cut off; what they had committed is recovered at the next start.
  const impatience = setTimeout(() => child.kill('SIGQUIT'), msForFastShutdown);
  await exited;
  clearTimeout(impatience);
}

const running = new Set<ChildProcess>();

/** Without keeping this process alive, ends the server with it when nobody has stopped it. */
function endWithThisProcess(child: ChildProcess, exited: Promise<void>): void {
  child.unref();
  if (running.size === 0) process.on('exit', endAll);
  running.add(child);
  void exited.then(() => {
    running.delete(child);
    if (running.size === 0) process.off('exit', endAll);
  });
}

function endAll(): void {
  for (const child of running) child.kill('SIGINT');
}

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { readConfig } from '@ticketbuddy/config';
import type pg from 'pg';
import type { Context } from './context.ts';
import { known } from './known.ts';
import { type Output, openTerminal } from './terminal.ts';

type Settings = Readonly<Record<string, string>>;

/** What a command is given under these settings, and what it has said so far. */
export type Spoken = Context & { readonly out: () => string; readonly err: () => string };

export function aContext(settings: Settings): Spoken {
  const [out, err] = [anOutput(), anOutput()];
  const config = readConfig(known, settings);
  const terminal = openTerminal(out, err, new AbortController().signal);
  return { config, terminal, out: out.written, err: err.written };
}

/** A stream that remembers; a terminal when it is told to be one. */
export function anOutput(of: Omit<Output, 'write'> = {}): Output & { written(): string } {
  let written = '';
  return {
    ...of,
    write(piece) {
      written += piece;
    },
    written: () => written,
  };
}

/** What a process has said and how it ended. */
export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

const launcher = join(import.meta.dirname, 'ticketbuddy.mjs');

/** Runs `ticketbuddy` as a process of its own, with no settings but these. */
export function ticketbuddy(args: readonly string[], settings: Settings = {}): Promise<Ended> {
  return ended(start([launcher, ...args], settings));
}

export type Process = ChildProcessByStdio<null, Readable, Readable>;

/** Starts Node with these arguments and settings, outside the checkout. */
export function start(args: readonly string[], settings: Settings = {}): Process {
  return spawn(process.execPath, args, { cwd: tmpdir(), env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
}

export async function ended(child: Process): Promise<Ended> {
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

/** As somebody with every right could: without the triggers that refuse. */
export async function unguarded(pool: pg.Pool, statement: string): Promise<void> {
  const client = await pool.connect();
  await client.query(`set session_replication_role = replica; ${statement}`).finally(() => client.release(true));
}

/**
 * Resolves when a client's session waits for what this one has locked; answers its pid. Autovacuum may wait, too, and whoever makes a
 * replication slot waits for all transactions of the server.
 */
export async function whoWaitsFor(locker: pg.PoolClient, pool: pg.Pool): Promise<number> {
  const { rows } = await locker.query<{ pid: number }>('select pg_backend_pid() as pid');
  const waiting = `select pid from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and $1::int = any(pg_blocking_pids(pid))`;
  while (true) {
    const { rows: found } = await pool.query<{ pid: number }>(waiting, [rows[0]?.pid]);
    if (found[0]) return found[0].pid;
  }
}

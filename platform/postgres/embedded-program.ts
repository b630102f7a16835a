import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { StartError } from '@ticketbuddy/errors';

/** The user and group that PostgreSQL runs as; `undefined` means our own. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

const nobody = { uid: 65534, gid: 65534 };

/**
 * PostgreSQL refuses to run as root. So under root it runs as whoever owns the data directory already (it was made by
 * an ordinary user, who wants to come back to it), or else as nobody.
 */
export async function accountFor(dataDirectory: string): Promise<Account> {
  if (process.geteuid?.() !== 0) return undefined;
  const owner = await stat(dataDirectory).catch(() => undefined);
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody;
}

type ProgramOptions = {
  readonly account: Account;
  readonly dataDirectory: string;
  readonly stdio: (IOType | number)[];
};

/**
 * Starts a PostgreSQL program on a data directory, which becomes its working directory too. Throws a `StartError` when
 * this machine cannot execute it. It gets a session of its own: Ctrl-C in the terminal leaves it to our process to
 * finish its requests first.
 */
export async function runProgram(
  path: string,
  options: readonly string[],
  { account, dataDirectory, stdio }: ProgramOptions,
): Promise<ChildProcess> {
  const child = spawn(path, ['-D', directoryArgument(account, dataDirectory), ...options], {
    ...account,
    cwd: dataDirectory,
    env: environment,
    stdio,
    detached: true,
  });
  await once(child, 'spawn').catch((error: Error) => {
    throw new StartError(`PostgreSQL cannot run here (${error.message}): set DATABASE_URL to a server instead.`);
  });
  return child;
}

/** A fixed environment: what a shell happens to export (PGPORT, PGDATA, LC_ALL) must not change the server. */
export const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * Under root the path may lead through a folder that `account` may not enter. But the working directory is set before
 * the user changes, and this link leads to it without walking the path.
 */
function directoryArgument(account: Account, dataDirectory: string): string {
  return account ? '/proc/self/cwd' : dataDirectory;
}

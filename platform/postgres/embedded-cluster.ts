import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartError } from '@ticketbuddy/errors';
import type { Binaries } from './embedded-binaries.ts';
import type { DataFiles } from './embedded-files.ts';
import { lastLine } from './embedded-log.ts';
import { type Account, runProgram } from './embedded-program.ts';

type Initialisation = {
  readonly files: DataFiles;
  readonly account: Account;
  readonly binaries: Binaries;
  /** Whether the new files have to survive a power cut. */
  readonly durable: boolean;
  readonly onProgress: (step: string) => void;
};

/**
 * Makes the data directory unless it exists, and answers the superuser's password. All is done in a directory beside
 * it, which gets its name when it is complete: killed at any point, this leaves nothing that looks initialised.
 */
export async function initialise(initialisation: Initialisation): Promise<string> {
  const { files, onProgress } = initialisation;
  if (existsSync(join(files.data, 'PG_VERSION'))) return readPassword(files);
  onProgress('Initialising the database');
  const password = randomBytes(24).toString('base64url');
  const staging = await mkdtemp(files.stagingPrefix);
  await runInitdb(staging, password, initialisation);
  await writePassword(files, password);
  await rename(join(staging, 'data'), files.data);
  await syncFolder(files.folder);
  await rm(staging, { recursive: true, force: true });
  return password;
}

async function readPassword({ password, folder }: DataFiles): Promise<string> {
  const line = await readFile(password, 'utf8').catch(() => '');
  if (line === '') throw new StartError(`The password of the database in ${folder} cannot be read from ${password}.`);
  return line.trim();
}

async function writePassword(files: DataFiles, password: string): Promise<void> {
  const unfinished = `${files.password}.new`;
  await writeFile(unfinished, `${password}\n`, { mode: 0o600, flush: true });
  await rename(unfinished, files.password);
}

async function runInitdb(staging: string, password: string, initialisation: Initialisation): Promise<void> {
  const { account, binaries, durable } = initialisation;
  const data = join(staging, 'data');
  const passwordFile = join(staging, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [staging, data, passwordFile]) await chown(path, account.uid, account.gid);
  const options = [...initdbOptions, ...(durable ? [] : ['--no-sync'])];
  const initdb = await runProgram(binaries.initdb, options, {
    account,
    dataDirectory: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(initdb, 'close');
  const errors = initdb.stderr ? await text(initdb.stderr) : '';
  const [exitCode] = await closed;
  if (exitCode !== 0) throw new StartError(`The database could not be initialised: ${lastLine(errors)}`);
}

const initdbOptions = [
  '--username=postgres',
  '--pwfile=../password',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // Byte order for sorting, but lower() and its like know all of Unicode, whatever the machine has installed.
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

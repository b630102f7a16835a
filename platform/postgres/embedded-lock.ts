import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '@ticketbuddy/errors';

/** Another live process owns the data folder. */
export class DataFolderTaken extends StartError {
  constructor(folder: string, pid: number | undefined) {
    const owner = pid === undefined ? 'another process' : `process ${pid}`;
    super(
      `The data folder ${folder} is in use by ${owner}: stop that process, or set TICKETBUDDY_DATA to another folder.`,
    );
    this.name = 'DataFolderTaken';
  }
}

export type Ownership = {
  /** Lets `findOwner` in other processes see where the server is. */
  publish(url: string): void;
  /** May be called again. */
  release(): void;
};

type Owner = { readonly pid: number; readonly url?: string };

/**
 * Makes this process the only owner of the folder until it releases it or dies. Throws `DataFolderTaken` when there is
 * an owner. The lock is the kernel's, on a file, so a dead owner cannot leave it behind, a reused pid cannot be taken
 * for one, and it holds between containers that share a volume but not their pids. Node has no call for such a lock,
 * but the SQLite inside it has: an exclusive transaction. Nothing is ever written to that file, and nothing else in
 * this process may open it: closing any other handle of it would give the lock up.
 */
export async function ownFolder(folder: string): Promise<Ownership> {
  await makeFolder(folder).catch((error: Error) => {
    throw unusable(folder, error);
  });
  const lock = lockFolder(folder);
  held.add(lock);
  record(folder, { pid: process.pid });
  return {
    publish: (url) => record(folder, { pid: process.pid, url }),
    release: () => {
      if (!held.delete(lock)) return;
      rmSync(recordFile(folder), { force: true });
      lock.close();
    },
  };
}

/** The live owner of the folder, if there is one. */
export function findOwner(folder: string): Owner | undefined {
  return existsSync(lockFile(folder)) && isLocked(folder) ? readRecord(folder) : undefined;
}

// One by one: told to make all that are missing, Node never ends in a folder that takes none, such as /proc.
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (!existsSync(parent)) await makeFolder(parent);
  await mkdir(folder, { mode: 0o700 }).catch((error) => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  });
}

function unusable(folder: string, { message }: Error): StartError {
  return new StartError(
    `The data folder ${folder} cannot be used (${message}): set TICKETBUDDY_DATA to one that this account may make and write to.`,
  );
}

// A lock that nothing refers to would be closed, and so given up, by the garbage collector.
const held = new Set<DatabaseSync>();

const busy = 5;
const msForAnotherToLookAtTheLock = 100;

function lockFolder(folder: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockFile(folder), { timeout: msForAnotherToLookAtTheLock });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    throw isBusy(error) ? new DataFolderTaken(folder, readRecord(folder)?.pid) : unusable(folder, error as Error);
  }
}

function isLocked(folder: string): boolean {
  try {
    using lock = new DatabaseSync(lockFile(folder), { readOnly: true, timeout: 0 });
    lock.prepare('SELECT 1 FROM sqlite_schema').all();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw unusable(folder, error as Error);
  }
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: unknown }).errcode === busy;
}

function record(folder: string, owner: Owner): void {
  const unfinished = `${recordFile(folder)}.new`;
  writeFileSync(unfinished, JSON.stringify(owner), { mode: 0o600 });
  renameSync(unfinished, recordFile(folder));
}

function readRecord(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(folder), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function lockFile(folder: string): string {
  return join(folder, 'postgres.lock');
}

function recordFile(folder: string): string {
  return join(folder, 'postgres.owner.json');
}

import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bytesMin = 6e9;
const prefix = 'ticketbuddy-tests-';

/**
 * A folder for all temporary files of a run, removed when this process ends: in memory where Linux offers enough of it, since
 * a new database each test costs ten times as much on a disk. Elsewhere the usual one.
 */
export function memoryFolder(memory = '/dev/shm'): string {
  if (!hasRoom(memory)) return tmpdir();
  removeLeftOvers(memory);
  const folder = join(memory, `${prefix}${process.pid}`);
  // Servers that do not run as root have to get in.
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function hasRoom(memory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > bytesMin;
  } catch {
    return false;
  }
}

/** Of runs that were killed. */
function removeLeftOvers(memory: string): void {
  const left = readdirSync(memory).filter((name) => name.startsWith(prefix) && !isRunning(name.slice(prefix.length)));
  for (const name of left) rmSync(join(memory, name), { recursive: true, force: true });
}

function isRunning(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A data folder, removed after the test; a server that is left in it is ended. */
export async function aDataFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ticketbuddy-start-')));
  onTestFinished(async () => {
    for (const pid of await serverProcesses(folder)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  return folder;
}

/** The server of the folder and all its children; none when there is no server. */
export async function serverProcesses(dataFolder: string): Promise<number[]> {
  const file = await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const postmaster = Number.parseInt(file, 10);
  if (Number.isNaN(postmaster)) return [];
  return processes()
    .filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
    .map(({ pid }) => pid);
}

/** A process that has ended and only waits for its parent to notice is not alive. */
export function isAlive(wanted: number): boolean {
  return processes().some(({ pid, state }) => pid === wanted && !state.startsWith('Z'));
}

function processes() {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state };
  });
}

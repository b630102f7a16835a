import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

export type Running = { readonly ended: Promise<Ended>; readonly kill: () => void };

const launcher = fileURLToPath(new URL('../../apps/cli/ticketbuddy.mjs', import.meta.url));

/** Runs `ticketbuddy …` as a process of its own, of whose environment it has nothing but these settings. */
export function startCommand(words: readonly string[], settings: Readonly<Record<string, string>>): Running {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [launcher, ...words], {
    env: { PATH, HOME, NO_COLOR: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) comeLast(child.pid);
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], out, err]): Ended => ({ code, out, err }),
  );
  return { ended, kill: () => child.kill('SIGKILL') };
}

/** Who gives a command sits at another machine: here it would take the processors from the systems while it starts. */
function comeLast(pid: number): void {
  setPriority(pid, constants.priority.PRIORITY_LOW);
  try {
    // Linux may weigh sessions against each other, and this is one of its own: then a priority counts only within it.
    writeFileSync(`/proc/${pid}/autogroup`, `${constants.priority.PRIORITY_LOW}`);
  } catch {
    // It does not.
  }
}

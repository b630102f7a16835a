import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], out, err]): Ended => ({ code, out, err }),
  );
  return { ended, kill: () => child.kill('SIGKILL') };
}

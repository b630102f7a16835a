import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

const launcher = fileURLToPath(new URL('../../apps/cli/ticketbuddy.mjs', import.meta.url));

/** Runs `ticketbuddy …` as a process of its own. `whenStarted` is given it, to end it before it ends by itself. */
export async function runCommand(words: readonly string[], settings: Readonly<Record<string, string>>): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [launcher, ...words], {
    env: { PATH, HOME, NO_COLOR: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

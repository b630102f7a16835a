import { fileURLToPath } from 'node:url';
import { runReplay } from './cli.ts';
import type { System } from './start-system.ts';

const appFile = (app: string) => fileURLToPath(new URL(`../../apps/${app}/main.ts`, import.meta.url));
const entries = { next: appFile('api'), legacy: appFile('legacy') };
let stop: System['stop'] = async () => {};
let isInterrupted = false;

const terminal = {
  // Whatever fails after the interruption fails because of it.
  write: (text: string) => isInterrupted || process.stdout.write(text),
  writeError: (text: string) => isInterrupted || process.stderr.write(text),
  isColoured: process.stdout.isTTY === true && !process.env.NO_COLOR,
  whenInterrupted: (whatIsDue: System['stop']) => {
    stop = whatIsDue;
  },
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    terminal.writeError('\ninterrupted\n');
    isInterrupted = true;
    await stop();
    process.exit(130);
  });
}

process.exitCode = await runReplay(process.argv.slice(2), terminal, entries);

import { fileURLToPath } from 'node:url';
import { runReplay } from './cli.ts';
import type { System } from './start-system.ts';

const entry = fileURLToPath(new URL('../../apps/api/main.ts', import.meta.url));
let stop: System['stop'] = async () => {};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await stop();
    process.exit(130);
  });
}

const terminal = {
  write: (text: string) => process.stdout.write(text),
  writeError: (text: string) => process.stderr.write(text),
  isColoured: process.stdout.isTTY === true && !process.env.NO_COLOR,
  whenInterrupted: (whatIsDue: System['stop']) => {
    stop = whatIsDue;
  },
};

process.exitCode = await runReplay(process.argv.slice(2), terminal, entry);

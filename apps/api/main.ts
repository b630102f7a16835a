import { readConfig } from '@ticketbuddy/config';
import { StartError } from '@ticketbuddy/errors';
import { systemClock } from '@ticketbuddy/runtime';
import colors from 'picocolors';
import { createLog } from './log.ts';
import { known } from './modules.ts';
import { panel } from './panel.ts';
import { type Shop, startShop } from './shop.ts';

const sameSignalMs = 500;
const stopMsMax = 60_000;

try {
  await main();
} catch (error) {
  // A reason that the operator can mend needs no stack trace; anything else is ours to mend and shows where.
  console.error(error instanceof StartError ? colors.red(error.message) : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const started = performance.now();
  const config = readConfig(known);
  const log = createLog(config.logLevel);
  const starting = startShop({
    config,
    clock: systemClock,
    log,
    onProgress: (step) => console.error(colors.dim(`  ${step} …`)),
  });
  const stopping = stopOnSignal(starting);
  const shop = await starting;
  if (!stopping.aborted) console.error(panel(config, shop, performance.now() - started));
}

// Once: finish what is running, then stop. Twice: stop now. One Ctrl-C may arrive twice, from the terminal and from npm.
function stopOnSignal(starting: Promise<Shop>): AbortSignal {
  const stopping = new AbortController();
  let askedAt: number | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    if (askedAt !== undefined && performance.now() - askedAt > sameSignalMs) process.exit(1);
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    stopping.abort();
    setTimeout(() => process.exit(1), stopMsMax).unref();
    console.error(colors.dim(`\n  ${signal}: finishing what is running …`));
    await starting.then((shop) => shop.stop());
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  return stopping.signal;
}

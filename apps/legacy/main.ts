import { StartError } from '@ticketbuddy/errors';
import { type Legacy, startLegacy } from './legacy.ts';
import { readSettings } from './settings.config.ts';

try {
  const starting = startLegacy(readSettings());
  stopOnSignal(starting);
  const { url } = await starting;
  console.log(`Server listening at ${url}`);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}

function stopOnSignal(starting: Promise<Legacy>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await starting.then((legacy) => legacy.stop());
      process.exit(0);
    });
  }
}

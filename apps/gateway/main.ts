import { once } from 'node:events';
import { StartError } from '@ticketbuddy/errors';
import { readSettings } from './settings.config.ts';
import { start } from './start.ts';

try {
  const stop = await start(readSettings());
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await stop();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

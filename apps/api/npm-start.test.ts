import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { aDataFolder } from './test-data-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('npm start that is told to stop ends the shop with it', async () => {
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: '0', TICKETBUDDY_DATA: await aDataFolder(), TICKETBUDDY_SEED: 'off' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await addressIn(createInterface({ input: npm.stdout }));
  expect((await fetch(`${url}/health`)).status).toBe(200);
  npm.kill('SIGTERM');
  expect(await once(npm, 'exit')).toEqual([0, null]);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

async function addressIn(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('npm start ended before the shop listened');
}

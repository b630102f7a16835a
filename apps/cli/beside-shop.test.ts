import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ended, type Process, start, ticketbuddy } from './test-cli.ts';

// Each of these starts PostgreSQL once or more, on a new data folder.
vi.setConfig({ testTimeout: 120_000 });

const shopMain = join(import.meta.dirname, '..', 'api', 'main.ts');
const added = 'events   15 added\nusers    4 added\ntickets  13 added\n';
const clean = '15 events, 223 seats: the tables are what the ledger says\n';

let dataFolder: string;
let settings: Readonly<Record<string, string>>;
let shop: Process | undefined;

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-cli-'));
  settings = { TICKETBUDDY_DATA: dataFolder };
});

afterEach(async () => {
  await stopShop();
  await rm(dataFolder, { recursive: true, force: true });
});

test('a data folder without a database is not audited and gets none', async () => {
  const { code, err } = await ticketbuddy(['audit'], settings);
  expect([code, err]).toEqual([1, expect.stringMatching(/^There is nothing to audit: .* holds no database; .*\n$/)]);
  expect(existsSync(join(dataFolder, 'postgres'))).toBe(false);
});

test('demo data is added without a shop and audited without one, and nothing is left running', async () => {
  expect(await ticketbuddy(['seed'], settings)).toEqual({ code: 0, out: added, err: '' });
  expect(await ticketbuddy(['audit'], settings)).toEqual({ code: 0, out: clean, err: '' });
  expect(existsSync(join(dataFolder, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('demo data is added beside a running shop and audited there', async () => {
  await said(startShop(), /Server listening/);
  expect(await ticketbuddy(['seed'], settings)).toEqual({ code: 0, out: added, err: '' });
  expect(await ticketbuddy(['audit'], settings)).toEqual({ code: 0, out: clean, err: '' });
  expect(await stopShop()).toBe(0);
});

test('beside a shop that is just starting, a command waits until it has', async () => {
  await said(startShop(), /Initialising the database/);
  expect(await ticketbuddy(['seed'], settings)).toEqual({ code: 0, out: added, err: '' });
});

function startShop(): Process {
  shop = start([shopMain], { ...settings, PORT: '0', TICKETBUDDY_SEED: 'off' });
  return shop;
}

async function stopShop(): Promise<number | null | undefined> {
  if (!shop) return undefined;
  const end = ended(shop);
  shop.kill('SIGTERM');
  shop = undefined;
  return (await end).code;
}

/** Resolves when the process has said, on either stream, what matches. */
function said(child: Process, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (piece: Buffer) => {
      text += piece;
      if (pattern.test(text)) resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('close', () => reject(new Error(`the process ended and never said ${pattern}, but:\n${text}`)));
  });
}

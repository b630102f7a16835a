import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { ended, type Process, start, ticketbuddy, whoWaitsFor } from './test-cli.ts';

const launcher = join(import.meta.dirname, 'ticketbuddy.mjs');

test.each([[[]], [['--help']], [['help']]])('%j shows what there is', async (args) => {
  const { code, out, err } = await ticketbuddy(args);
  expect([code, err]).toEqual([0, '']);
  for (const line of ['Usage: ticketbuddy <command>', '  seed ', '  audit ', 'npx ticketbuddy seed', 'README.md']) {
    expect(out).toContain(line);
  }
});

test('every command explains itself', async () => {
  expect(await ticketbuddy(['audit', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--json') });
});

test.each([[['messages']], [['migrate']], [['migrate', 'shadow']]])('%j shows what is below it', async (group) => {
  expect(await ticketbuddy(group)).toEqual(await ticketbuddy([...group, '--help']));
});

test.each([['migrate switch'], ['migrate shadow set'], ['messages']])(
  'help %s shows the help of just that',
  async (words) => {
    const command = words.split(' ');
    const shown = await ticketbuddy(['help', ...command]);
    expect(shown).toEqual(await ticketbuddy([...command, '--help']));
    expect(shown.out).toContain(`Usage: ticketbuddy ${words} `);
  },
);

// Where it is always full, without filling a disk.
const fullDevice = '/dev/full';

test.runIf(existsSync(fullDevice))('output that cannot be written is told, and is no success', () => {
  const full = openSync(fullDevice, 'w');
  onTestFinished(() => closeSync(full));
  const { status, stderr } = spawnSync(process.execPath, [launcher, '--version'], { stdio: ['ignore', full, 'pipe'] });
  expect([status, `${stderr}`]).toEqual([1, 'The output cannot be written (ENOSPC).\n']);
});

test('whoever reads only a part of the output is told of no failure', async () => {
  const child = start([launcher, '--help']);
  child.stdout.destroy();
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect([code, err]).toEqual([0, '']);
});

test('--version says the version and nothing else', async () => {
  expect(await ticketbuddy(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});

test.each([
  [['audti'], "Unknown command 'audti'. Did you mean audit?"],
  [['audit', '--jsno'], "Unknown option '--jsno'. Did you mean --json?"],
  [['refund'], "Unknown command 'refund'. See ticketbuddy --help."],
  [['--quickly'], "Unknown option '--quickly'. See ticketbuddy --help."],
  [['seed', 'all'], "Too many arguments for 'seed'. Expected 0 arguments but got 1: all. See ticketbuddy --help."],
  [['help', 'audti'], 'There is no such command. See ticketbuddy --help.'],
  [['help', 'migrate', 'swich'], 'There is no such command. See ticketbuddy --help.'],
])('%j is answered with what is wrong and what to try', async (args, sentence) => {
  expect(await ticketbuddy(args)).toEqual({ code: 1, out: '', err: `${sentence}\n` });
});

test('every wrong setting is named, without a stack trace', async () => {
  const settings = { PORT: 'x', TICKETBUDDY_SEED: 'maybe' };
  const err = 'PORT: expected a port number, got "x"\nTICKETBUDDY_SEED: expected on or off, got "maybe"\n';
  expect(await ticketbuddy(['audit'], settings)).toEqual({ code: 1, out: '', err });
});

test.each(['seed', 'audit'])('%s says which database it cannot reach, and not its password', async (command) => {
  const err = 'DATABASE_URL: the database shop at 127.0.0.1:1 cannot be reached (ECONNREFUSED).\n';
  const settings = { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/shop' };
  expect(await ticketbuddy([command], settings)).toEqual({ code: 1, out: '', err });
});

test('output that no terminal shows has no colours, even where the machine is called CI', async () => {
  const { url } = await testDatabase();
  const { out } = await ticketbuddy(['audit'], { DATABASE_URL: url, CI: 'true' });
  expect(out).toBe('0 events, 0 seats: the tables are what the ledger says\n');
});

test('a Node that is too old is told which one to take', async () => {
  const older =
    'Object.defineProperties(process, { version: { value: "v20.20.2" }, versions: { value: { node: "20.20.2" } } })';
  const process = start(['--import', `data:text/javascript,${older}`, launcher, 'seed']);
  expect(await ended(process)).toEqual({
    code: 1,
    out: '',
    err: 'TicketBuddy runs on Node 26 or newer, and this is v20.20.2: start it as `npx ticketbuddy`, or install Node 26 from nodejs.org.\n',
  });
});

test('Ctrl-C ends an audit once what is running has finished', async () => {
  const { audit, unlock } = await anAuditThatWaits();
  const end = ended(audit);
  audit.kill('SIGINT');
  await unlock();
  expect(await end).toEqual({ code: 130, out: '', err: 'Interrupted.\n' });
});

test('a second Ctrl-C ends an audit at once', async () => {
  const { audit } = await anAuditThatWaits();
  const end = ended(audit);
  // Two signals of one kind would be one, should the first still be on its way.
  audit.kill('SIGINT');
  audit.kill('SIGTERM');
  expect(await end).toMatchObject({ code: 130, out: '' });
});

test('a database that goes away in the middle of an audit is named as the reason', async () => {
  const { audit, cutOff } = await anAuditThatWaits();
  const end = ended(audit);
  await cutOff();
  const err = expect.stringMatching(/^The database stopped answering \(.*\); try again\.\n$/);
  expect(await end).toEqual({ code: 1, out: '', err });
});

/** An audit, in a process of its own, that waits for seats that somebody else has locked. */
async function anAuditThatWaits() {
  const { url, pool } = await testDatabase();
  await pool.query(`
    insert into tickets.events (id, name, starts_at, ends_at, venue, capacity, price_pence, version, sent_at)
    values (gen_random_uuid(), 'Show', now(), now(), 0, 1, 1, 1, now());
    insert into tickets.seats (event_id, number, id, price_pence) select id, 1, id, 1 from tickets.events`);
  const client = await pool.connect();
  await client.query('begin');
  await client.query('lock table tickets.seats');
  const unlock = () => client.query('rollback');
  const audit: Process = start([launcher, 'audit'], { DATABASE_URL: url });
  onTestFinished(async () => {
    audit.kill('SIGKILL');
    client.release(true);
  });
  const pid = await whoWaitsFor(client, pool);
  return { audit, unlock, cutOff: () => pool.query('select pg_terminate_backend($1)', [pid]) };
}

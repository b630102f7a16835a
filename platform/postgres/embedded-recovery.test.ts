import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findEmbedded } from './embedded.ts';
import {
  aDataFolder,
  aNewFolder,
  anOwner,
  aServer,
  isAlive,
  isRoot,
  killed,
  postmasterPid,
  processesIn,
  query,
  stagingIn,
  until,
  untilRunning,
} from './test-embedded.ts';

test('after its owner was killed, the next start stops the server left behind and has every row', async () => {
  const dataFolder = await aDataFolder();
  const owner = anOwner({ dataFolder });
  await query(await owner.said('url'), 'CREATE TABLE seats AS SELECT 7 AS seat');
  const postmaster = postmasterPid(dataFolder);
  await killed(owner);
  expect([isAlive(postmaster), await findEmbedded(dataFolder)]).toEqual([true, undefined]);
  const { url } = await aServer(dataFolder);
  expect(isAlive(postmaster)).toBe(false);
  expect(await query(url, 'SELECT seat FROM seats')).toEqual([{ seat: 7 }]);
});

test('mending one folder leaves the servers of others alone', async () => {
  const [dataFolder, other] = [await aDataFolder(), await aServer(await aDataFolder())];
  const owner = anOwner({ dataFolder });
  await owner.said('url');
  await killed(owner);
  await aServer(dataFolder);
  expect(await query(other.url, 'SELECT 1 AS served')).toEqual([{ served: 1 }]);
});

test('after the server itself was killed, a stop still ends and the next start has every row', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await query(first.url, 'CREATE TABLE seats AS SELECT 7 AS seat');
  process.kill(postmasterPid(dataFolder), 'SIGKILL');
  await first.stop();
  const { url } = await aServer(dataFolder);
  expect(await query(url, 'SELECT seat FROM seats')).toEqual([{ seat: 7 }]);
});

test('after both were killed in the middle of a query, nothing of the old server survives the next start', async () => {
  const dataFolder = await aDataFolder();
  const owner = anOwner({ dataFolder });
  const url = await owner.said('url');
  const endless = 'SELECT count(*) FROM generate_series(1, 1e12)';
  const busy = query(url, endless).catch(() => 'ended');
  await untilRunning(url, endless);
  const old = processesIn(dataFolder);
  await killed(owner);
  process.kill(postmasterPid(dataFolder), 'SIGKILL');
  await aServer(dataFolder);
  expect([old.filter(isAlive), await busy]).toEqual([[], 'ended']);
});

test.each([
  ['begins', ''],
  ['has its control file', 'data/global/pg_control'],
  ['has its second database', 'data/base/4'],
])('an initialisation that is killed when it %s is done anew', async (_, sign) => {
  const dataFolder = await aNewFolder();
  const owner = anOwner({ dataFolder });
  await until(() => stagingIn(dataFolder).some((staging) => existsSync(join(dataFolder, staging, sign))));
  await killed(owner);
  const old = processesIn(dataFolder);
  const { url } = await aServer(dataFolder);
  expect(await query(url, 'SELECT 1 AS served')).toEqual([{ served: 1 }]);
  expect([old.filter(isAlive), stagingIn(dataFolder)]).toEqual([[], []]);
});

test('a process that has been given the pid of a dead server is left alone', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await first.stop();
  const innocent = await anInnocentProcess(join(dataFolder, 'postgres'));
  await writeFile(join(dataFolder, 'postgres', 'postmaster.pid'), `${innocent.pid}\n${dataFolder}/postgres\n1\n5432\n`);
  await aServer(dataFolder);
  expect(innocent.signalCode).toBeNull();
  expect(isAlive(innocent.pid ?? 0)).toBe(true);
});

test('a pid file that a power cut has emptied does not prevent a start', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await first.stop();
  await writeFile(join(dataFolder, 'postgres', 'postmaster.pid'), '');
  await aServer(dataFolder);
});

test('a lost password is named, and the data are left alone', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await first.stop();
  await rm(join(dataFolder, 'postgres.password'));
  await expect(aServer(dataFolder)).rejects.toThrow(`cannot be read from ${dataFolder}/postgres.password`);
  expect(existsSync(join(dataFolder, 'postgres', 'PG_VERSION'))).toBe(true);
});

test('a log that has grown large is set aside once', async () => {
  const dataFolder = await aDataFolder();
  const first = await aServer(dataFolder);
  await first.stop();
  const log = join(dataFolder, 'postgres.log');
  await truncate(log, 17 * 1024 * 1024);
  await aServer(dataFolder);
  expect((await stat(`${log}.1`)).size).toBe(17 * 1024 * 1024);
  expect((await stat(log)).size).toBeLessThan(10_000);
});

/** Of the server's user and in its directory, so that only what it is tells it from a server. */
async function anInnocentProcess(cwd: string) {
  const user = isRoot ? { uid: 65534, gid: 65534 } : {};
  const innocent = spawn('/bin/sleep', ['3600'], { ...user, cwd, stdio: 'ignore' });
  onTestFinished(() => void innocent.kill());
  await new Promise((resolve) => innocent.once('spawn', resolve));
  return innocent;
}

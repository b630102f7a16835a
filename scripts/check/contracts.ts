import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directionsOf, findBreaches } from '../contracts/compatibility.ts';
import { findDrift } from '../contracts/drift.ts';
import { schemaFolder } from '../contracts/schema-files.ts';
import { type Finding, type Options, sawNothing, type Verdict } from './check.ts';
import { run, runNode } from './run.ts';
import { listSources } from './sources.ts';

/** The checked-in schemas are what the source generates, and break nobody who relies on those of the last commit. */
export async function checkContracts(root: string, { since }: Options = {}): Promise<Verdict> {
  if (!listSources(root).some((file) => file.startsWith('contracts/'))) return sawNothing('sources in contracts/');
  const generated = await generate(root);
  if (generated.size === 0) return sawNothing('artefacts of contracts/');
  const before = await readCommitted(root, since ?? 'HEAD');
  const drift = findDrift(generated, readCheckedIn(root));
  if (before) return compare(before, generated, drift);
  if (since !== undefined) throw new Error(`there is no commit ${since} here to compare the contracts with`);
  return { saw: `${generated.size} schemas`, findings: drift, skipped: 'compatibility: no commit to compare with' };
}

function compare(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  drift: readonly Finding[],
): Verdict {
  const saw = `${after.size} schemas, compared with ${before.size} committed ones`;
  return { saw, findings: [...drift, ...findBroken(before, after)] };
}

async function generate(root: string): Promise<ReadonlyMap<string, string>> {
  const { code, stdout, stderr } = await runNode(root, 'scripts/contracts.ts', ['--print']);
  if (code !== 0) throw new Error(`the artefacts cannot be loaded: ${stderr}`);
  return new Map(Object.entries(JSON.parse(stdout)));
}

function readCheckedIn(root: string): ReadonlyMap<string, string> {
  const files = globSync(`${schemaFolder}/**/*.json`, { cwd: root });
  return new Map(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]));
}

/** The schemas as they were in a commit, or nothing when this is no git checkout or has no such commit. */
async function readCommitted(root: string, since: string): Promise<ReadonlyMap<string, string> | undefined> {
  const git = (...args: string[]) => run('git', args, root).catch(() => ({ code: 1, stdout: '', stderr: '' }));
  const list = await git('ls-tree', '-r', '-z', '--name-only', since, '--', schemaFolder);
  if (list.code !== 0) return undefined;
  const files = list.stdout.split('\0').filter((file) => file.endsWith('.json'));
  const texts = await Promise.all(files.map((file) => git('show', `${since}:./${file}`)));
  return new Map(files.map((file, index) => [file, texts[index]?.stdout ?? '']));
}

function findBroken(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Finding[] {
  return [...before].flatMap(([file, old]): Finding[] => {
    const young = after.get(file);
    if (young === undefined)
      return [{ rule: 'artefact-removed', file, message: 'others rely on it: publish the new shape beside it' }];
    return judge(file, JSON.parse(old), JSON.parse(young));
  });
}

function judge(file: string, before: object, after: object): Finding[] {
  const name = file.slice(schemaFolder.length + 1);
  return directionsOf(name).flatMap((direction) =>
    findBreaches({ ...before }, { ...after }, direction).map(({ rule, path, reason }) => ({
      rule,
      file,
      message: `${path}: ${reason} (${direction})`,
    })),
  );
}

import { cpSync, existsSync, globSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Check, Finding } from './check.ts';
import { commit, copyTree, layOver } from './copy-tree.ts';

/**
 * A violation planted under `testing/planted/<check>/<rule>/`: files laid over a copy of the tree, of which the check
 * must then name by this rule every one that is called `planted…`, or one when none is. What lies in `committed/` is
 * committed first and then taken back.
 */
export type Plant = {
  readonly rule: string;
  readonly folder: string;
  readonly committed: readonly string[];
  readonly laidOver: readonly string[];
};

/** `missed` are the files that the check should have named. */
export type PlantResult = {
  readonly plant: string;
  readonly missed: readonly string[];
  readonly findings: readonly Finding[];
};

export function listPlants(root: string, check: string): Plant[] {
  const folder = join(root, 'testing/planted', check);
  return globSync('*/', { cwd: folder })
    .sort()
    .map((rule) => readPlant(rule, join(folder, rule)));
}

function readPlant(rule: string, folder: string): Plant {
  const laidOver = listFiles(folder).filter((file) => !file.startsWith('committed/'));
  return { rule, folder, committed: listFiles(join(folder, 'committed')), laidOver };
}

/** Tries all plants of a check, and a tree without any source, of which no checker may say that it is fine. */
export async function tryPlants(root: string, check: Check, plants: readonly Plant[]): Promise<PlantResult[]> {
  const results = [await tryWithoutSources(root, check)];
  for (const group of grouped(root, plants)) results.push(...(await tryTogether(root, check, group)));
  return results;
}

/** One copy serves all plants that only add files; one that replaces a file of the tree could hide another. */
function grouped(root: string, plants: readonly Plant[]): Plant[][] {
  const alone = plants.filter(({ laidOver }) => laidOver.some((file) => existsSync(join(root, file))));
  const together = plants.filter((plant) => !alone.includes(plant));
  return [...(together.length > 0 ? [together] : []), ...alone.map((plant) => [plant])];
}

async function tryTogether(root: string, check: Check, plants: readonly Plant[]): Promise<PlantResult[]> {
  const copy = copyTree(root, () => true);
  try {
    await commitThenTakeBack(root, copy, plants);
    for (const { folder } of plants) layOver(copy, folder);
    const { findings } = await check.run(copy);
    return plants.map((plant) => judge(plant, findings));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

async function tryWithoutSources(root: string, check: Check): Promise<PlantResult> {
  const copy = copyTree(root, (path) => !/[.]([mc]?[jt]sx?|sql)$/.test(path) || path.startsWith('.dependency-cruiser'));
  try {
    const { findings } = await check.run(copy);
    const refused = findings.some(({ rule }) => rule === 'saw-nothing');
    return { plant: 'a tree without sources', missed: refused ? [] : ['.'], findings };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function judge({ rule, committed, laidOver }: Plant, findings: readonly Finding[]): PlantResult {
  const files = [...committed, ...laidOver];
  const named = new Set(findings.filter((finding) => finding.rule === rule).map(({ file }) => file));
  const planted = files.filter((file) => basename(file).startsWith('planted'));
  if (planted.length > 0) return { plant: rule, missed: planted.filter((file) => !named.has(file)), findings };
  return { plant: rule, missed: files.some((file) => named.has(file)) ? [] : files, findings };
}

async function commitThenTakeBack(root: string, copy: string, plants: readonly Plant[]): Promise<void> {
  const files = plants.flatMap(({ committed }) => committed);
  if (files.length === 0) return;
  for (const { folder } of plants) layOver(copy, join(folder, 'committed'));
  await commit(copy);
  for (const file of files) takeBack(root, copy, file);
}

function takeBack(root: string, copy: string, file: string): void {
  if (existsSync(join(root, file))) cpSync(join(root, file), join(copy, file));
  else rmSync(join(copy, file));
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  // Not a glob, which would leave out the names with a leading dot.
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/'));
}

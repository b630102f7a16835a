// Everything that can be said of the tree without running the product: `npm run check`. Each check has planted
// violations under testing/planted/, which it must name: `npm run check -- --planted`.
import { join } from 'node:path';
import { readArguments, stop } from './check/arguments.ts';
import type { Check, Options } from './check/check.ts';
import { checks } from './check/checks.ts';
import { listPlants, tryPlants } from './check/planted.ts';
import { report, reportPlanted } from './check/report.ts';

const root = join(import.meta.dirname, '..');
const names = checks.map(({ name }) => name);

const usage = `npm run check -- [flags]

  --only <name>    runs one check (may be repeated): ${names.join(', ')}
  --planted        shows that each check names the violations planted for it
  --since <commit> the contracts must be compatible with this commit (the last one)

${checks.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}`;

const { only, planted, since } = readArguments(
  {
    only: { type: 'string', multiple: true },
    planted: { type: 'boolean' },
    since: { type: 'string' },
  },
  usage,
);
const chosen = choose(only ?? names);
const passed = planted ? await runPlanted(chosen) : await run(chosen, since === undefined ? {} : { since });
process.exitCode = passed ? 0 : 1;

function choose(wanted: readonly string[]): readonly Check[] {
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) stop(`There is no check '${unknown}'`);
  return checks.filter(({ name }) => wanted.includes(name));
}

async function run(chosen: readonly Check[], options: Options): Promise<boolean> {
  return report(chosen, (check) => check.run(root, options));
}

async function runPlanted(chosen: readonly Check[]): Promise<boolean> {
  return reportPlanted(chosen, (check) => tryPlants(root, check, listPlants(root, check.name)));
}

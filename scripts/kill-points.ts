import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type KillPoint, killPointsFolder } from '@ticketbuddy/testing';

type List = { readonly who: string; readonly points: readonly KillPoint[] };

const usage = `npm run kill-points          kills every process of a takeover at every point, and lists what came of it
npm run kill-points -- --list   lists what the last tests have left`;

const tests = [
  'migration/backfill/kill.test.ts',
  'migration/cutover/edge-kill.test.ts',
  'migration/parity/kill.test.ts',
  'migration/takeover/kill.test.ts',
  'apps/api/messaging-faults.test.ts',
];

try {
  const { values } = parseArgs({ options: { list: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) console.log(usage);
  else {
    if (!values.list) rerun();
    print();
  }
} catch (error) {
  if (!(error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}

function rerun(): void {
  rmSync(killPointsFolder, { recursive: true, force: true });
  const { status } = spawnSync('vitest', ['run', ...tests], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

function print(): void {
  const lists = readLists();
  for (const { who, points } of lists) {
    console.log(`\n${who}: killed at ${points.length} points`);
    for (const [{ at, end }, times] of counted(points))
      console.log(`  ${at.padEnd(70)} ${end}${times > 1 ? ` (${times} times)` : ''}`);
  }
  const all = lists.reduce((sum, { points }) => sum + points.length, 0);
  console.log(lists.length > 0 ? `\n${all} kill points in all.` : 'No test has left a list: npm run kill-points.');
}

function readLists(): List[] {
  try {
    const names = readdirSync(killPointsFolder).sort();
    return names.map((name) => JSON.parse(readFileSync(join(killPointsFolder, name), 'utf8')));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
}

/** The same point may come again and again: a loop is killed in each of its rounds. */
function counted(points: readonly KillPoint[]): [KillPoint, number][] {
  const groups = Map.groupBy(points, ({ at, end }) => `${at} ${end}`);
  return [...groups.values()].map((same) => [same[0] as KillPoint, same.length]);
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a process was killed, and what came of it. */
export type KillPoint = { readonly at: string; readonly end: string };

/** Where tests leave their lists for `npm run kill-points`, which prints them. */
export const killPointsFolder = join(import.meta.dirname, '../node_modules/.cache/kill-points');

/** Leaves the list of the points at which a test has killed `who`, one after the other. */
export async function listKillPoints(who: string, points: readonly KillPoint[]): Promise<void> {
  await mkdir(killPointsFolder, { recursive: true });
  await writeFile(join(killPointsFolder, `${who.replaceAll(/\W+/g, '-')}.json`), JSON.stringify({ who, points }));
}

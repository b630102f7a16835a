import { benchBackfill } from './migration-backfill.ts';
import { benchFollowing } from './migration-following.ts';
import { benchGateway } from './migration-gateway.ts';
import { benchLegacy } from './migration-legacy.ts';
import { benchParity } from './migration-parity.ts';
import { benchShadow } from './migration-shadow.ts';
import { openSides } from './migration-sides.ts';
import type { Effort, Report } from './report.ts';

export type MigrationOptions = {
  /** Only the figures whose names begin so. */
  readonly only?: string | undefined;
  /** Of the table that is copied. */
  readonly rows: number;
  /** How many reads are compared to find a false mismatch. */
  readonly comparisons: number;
};

/** What a takeover costs and how fast it goes, each part in the order in which a takeover comes to it. */
export async function benchMigration(effort: Effort, report: Report, options: MigrationOptions): Promise<void> {
  const { only = '', rows, comparisons } = options;
  const wants = (name: string) => name.startsWith(only) || only.startsWith(name);
  if (wants('gateway')) await benchGateway(effort, report);
  const parts = {
    backfill: benchBackfill,
    legacy: benchLegacy,
    follow: benchFollowing,
    parity: benchParity,
    shadow: benchShadow,
  };
  const wanted = Object.entries(parts).filter(([name]) => wants(name));
  if (wanted.length === 0) return;
  const sides = await openSides(rows);
  try {
    for (const [, bench] of wanted) await bench({ effort, report, sides, comparisons, wants });
  } finally {
    await sides.stop();
  }
}

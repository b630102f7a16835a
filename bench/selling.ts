import { startCeiling } from './processes.ts';
import type { Effort, Figure, Report } from './report.ts';
import { teachCeiling } from './selling-answers.ts';
import { auditLedger, auditTouched } from './selling-audit.ts';
import { benchBest } from './selling-best.ts';
import { benchHot } from './selling-hot.ts';
import { benchHouse } from './selling-house.ts';
import { benchJourney } from './selling-journey.ts';
import { plantDoubleSale } from './selling-plant.ts';
import { profileSelling } from './selling-profile.ts';
import { benchPurchase } from './selling-purchase.ts';
import { benchReserve } from './selling-reserve.ts';
import { writeResults } from './selling-results.ts';
import { benchScale } from './selling-scale.ts';
import { type Databases, openShop, type SellingShop, startDatabases } from './selling-shop.ts';
import { Stock } from './selling-stock.ts';
import type { World } from './selling-world.ts';

export type SellingOptions = {
  /** Only the figures whose names begin with it. */
  readonly only?: string | undefined;
  /** How many api processes sell on one database. */
  readonly processes: number;
  /** Whether a seat is sold twice behind the shop's back, which the audit then has to find. */
  readonly plantsDoubleSale: boolean;
  /** Tells where the time goes, instead of the figures. */
  readonly profiles: boolean;
};

type Scenario = { readonly figures: readonly string[]; readonly run: (world: World) => Promise<void> };

const scenarios: readonly Scenario[] = [
  { figures: ['best-available'], run: benchBest },
  { figures: ['reserve.4seats', 'reserve.contended', 'reserve.group-gain', 'reserve.latency'], run: benchReserve },
  { figures: ['purchase.4seats', 'purchase.legacy-algorithm'], run: benchPurchase },
  { figures: ['journey'], run: benchJourney },
  { figures: ['reserve.hot'], run: benchHot },
  { figures: ['scale'], run: benchScale },
  { figures: ['seat-status', 'seat-changes'], run: benchHouse },
];
const namedMax = 10;

/**
 * Holds, purchases and the whole house, against ceilings of the same run. After each scenario everything that buyers were
 * told is compared with the tables: a violation makes the process fail (exit code 1), whatever the speed.
 */
export async function benchSelling(effort: Effort, print: Report, options: SellingOptions): Promise<void> {
  if (options.profiles) return profileSelling(effort);
  const figures: Figure[] = [];
  const report = (figure: Figure) => {
    figures.push(figure);
    print(figure);
  };
  const databases = await startDatabases();
  const violations = await runScenarios(databases, effort, report, options).finally(() => databases.stop());
  report(violationsFigure(violations.length));
  if (violations.length > 0) process.exitCode = 1;
  const isWhole = options.only === undefined && !options.plantsDoubleSale;
  if (isWhole) await writeResults({ figures, effort, processes: options.processes, postgres: databases.version });
}

async function runScenarios(
  databases: Databases,
  effort: Effort,
  report: Report,
  { only, processes, plantsDoubleSale }: SellingOptions,
): Promise<string[]> {
  const wants = (figure: string) => only === undefined || figure.startsWith(only);
  const chosen = scenarios.filter(({ figures }) => figures.some(wants));
  if (chosen.length === 0) throw new TypeError(`--only: there is no figure "${only}".`);
  const ceiling = await startCeiling();
  databases.usedBy(() => ceiling.stop());
  const shop = await openShop(databases, 'shop', { processes });
  const violations: string[] = [];
  const note = (found: readonly string[]) => {
    for (const violation of found.slice(0, namedMax)) console.error(`VIOLATION: ${violation}`);
    for (const violation of found) violations.push(violation);
  };
  let isPlanted = !plantsDoubleSale;
  const audit = async (audited: SellingShop) => {
    if (!isPlanted && audited === shop) await plantDoubleSale(shop.pool);
    isPlanted ||= audited === shop;
    note(await auditTouched(audited.pool, audited.records));
  };
  const tell = progress(effort.rounds);
  const stock = new Stock(shop);
  const world = { effort, processes, wants, report, tell, databases, ceiling, shop, stock, audit };
  await teachCeiling(world);
  for (const { run } of chosen) await run(world);
  tell('invariants.violations: all seats are rebuilt from the ledger');
  await audit(shop);
  note(await auditLedger(shop.pool));
  return violations;
}

function progress(rounds: number): World['tell'] {
  return (what, round) => {
    const which = round === 0 ? ': a round that does not count' : `: round ${round} of ${rounds}`;
    console.error(`  ${what}${round === undefined ? '' : which} …`);
  };
}

function violationsFigure(count: number): Figure {
  const name = 'invariants.violations';
  return { name, value: count, unit: 'violations', ceiling: 0, ratio: count, target: 0, atMost: true };
}

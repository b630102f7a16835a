import type { Drift } from '../tables/tables.ts';
import { listContexts } from '../tables/tables.ts';
import { type Finding, sawNothing, type Verdict } from './check.ts';
import { runNode } from './run.ts';
import { listSources } from './sources.ts';

const linesShown = 6;

/** The types of each context's tables are those of a freshly migrated database. */
export async function checkTables(root: string): Promise<Verdict> {
  const contexts = listContexts(root);
  if (contexts.length === 0 || listSources(root).length === 0) return sawNothing('contexts with migrations');
  const { code, stdout, stderr } = await runNode(root, 'scripts/tables.ts', ['--verify']);
  if (code !== 0) throw new Error(`the tables cannot be read: ${stderr}`);
  const drifts: Drift[] = JSON.parse(stdout);
  return { saw: `${contexts.length} contexts`, findings: drifts.map(toFinding) };
}

function toFinding({ file, rule, difference }: Drift): Finding {
  if (rule === 'tables-missing') return { rule, file, message: 'not written yet: run npm run tables' };
  const shown = difference.slice(0, linesShown).map((line) => `\n    ${line}`);
  const rest = difference.length > linesShown ? `\n    … ${difference.length - linesShown} lines more` : '';
  return { rule, file, message: `not what the migrations make: run npm run tables${shown.join('')}${rest}` };
}

import { type Finding, sawNothing, type Verdict } from './check.ts';
import { runNode } from './run.ts';
import { listSources } from './sources.ts';

type Diagnostic = {
  readonly severity: string;
  readonly message: string;
  readonly category: string;
  readonly location?: { readonly path: string; readonly start?: { readonly line: number } };
};

/** Biome: format and lint. A warning fails like an error: nobody reads a warning twice. */
export async function checkLint(root: string): Promise<Verdict> {
  const sources = listSources(root);
  if (sources.length === 0) return sawNothing('source files');
  const { summary, diagnostics } = await runBiome(root);
  const saw = summary.changed + summary.unchanged;
  const findings = diagnostics.filter(({ severity }) => severity !== 'information').map(toFinding);
  if (saw < sources.length) findings.push(tooFew(saw, sources.length));
  return { saw: `${saw} files`, findings };
}

async function runBiome(root: string) {
  const { stdout, stderr } = await runNode(root, 'node_modules/@biomejs/biome/bin/biome', [
    ...['check', '--reporter=json', '--max-diagnostics=none', '--no-errors-on-unmatched', '.'],
  ]);
  try {
    const { summary, diagnostics } = JSON.parse(stdout);
    return { summary: summary as { changed: number; unchanged: number }, diagnostics: diagnostics as Diagnostic[] };
  } catch (error) {
    throw new Error(`biome gave no report: ${stderr || stdout}`, { cause: error });
  }
}

function toFinding({ category, message, location }: Diagnostic): Finding {
  const file = location?.path ?? '.';
  if (category === 'format') return { rule: 'format', file, message: 'not formatted: npm run format' };
  return { rule: category.replace(/^.*\//, ''), file, line: location?.start?.line ?? 0, message };
}

function tooFew(saw: number, sources: number): Finding {
  return {
    rule: 'unseen-file',
    file: 'biome.json',
    message: `biome looked at ${saw} files; there are ${sources} sources`,
  };
}

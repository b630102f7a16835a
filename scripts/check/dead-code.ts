import { type Finding, sawNothing, type Verdict } from './check.ts';
import { findUnusedEntryExports } from './dead-code/entry-exports.ts';
import { listPackages } from './packages.ts';
import { runNode } from './run.ts';
import { listSources, parse } from './sources.ts';

/** Files, exports and dependencies that nothing uses (knip), and what a package entry exports in vain. */
export async function checkDeadCode(root: string): Promise<Verdict> {
  const sources = listSources(root);
  if (sources.length === 0) return sawNothing('source files');
  const parsed = sources.map((file) => parse(root, file));
  const findings = [...(await runKnip(root)), ...findUnusedEntryExports(parsed, listPackages(root))];
  return { saw: `${sources.length} files`, findings };
}

type Report = { readonly issues: readonly ({ readonly file: string } & Readonly<Record<string, readonly Issue[]>>)[] };
type Issue = { readonly name: string; readonly line?: number };

async function runKnip(root: string): Promise<Finding[]> {
  const { stdout, stderr } = await runNode(root, 'node_modules/knip/bin/knip.js', [
    '--reporter',
    'json',
    '--no-progress',
  ]);
  let report: Report;
  try {
    report = JSON.parse(stdout);
  } catch (error) {
    throw new Error(`knip gave no report: ${stderr || stdout}`, { cause: error });
  }
  return report.issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([kind, issues]) => issues.map((issue) => toFinding(kind, file, issue))),
  );
}

const rules: Readonly<Record<string, string>> = {
  files: 'unused-file',
  exports: 'unused-export',
  types: 'unused-export',
  namespaceMembers: 'unused-export',
  dependencies: 'unused-dependency',
  devDependencies: 'unused-dependency',
  optionalPeerDependencies: 'unused-dependency',
  duplicates: 'duplicate-export',
};

function toFinding(kind: string, file: string, { name, line }: Issue): Finding {
  const message = kind === 'files' ? 'nothing imports this file' : `${name}: ${kind}`;
  return { rule: rules[kind] ?? kind, file, ...(line === undefined ? {} : { line }), message };
}

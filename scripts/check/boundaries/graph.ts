import type { Finding } from '../check.ts';
import { runNode } from '../run.ts';

/** As much of dependency-cruiser's answer as is used here. */
export type Graph = {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly Dependency[];
  }[];
  readonly summary: {
    readonly violations: readonly Violation[];
    readonly ruleSetUsed: { readonly forbidden: readonly Rule[] };
  };
};

export type Dependency = {
  /** What the import says; `resolved` is the file it leads to. */
  readonly module: string;
  readonly resolved: string;
  readonly dependencyTypes: readonly string[];
};

type Violation = {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
  readonly cycle?: readonly { readonly name: string }[];
};

type Rule = { readonly name: string; readonly comment?: string };

/** Draws the import graph of the sources and judges it by `.dependency-cruiser.mjs`. */
export async function cruise(root: string, sources: readonly string[]): Promise<Graph> {
  const program = 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs';
  const options = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  const { stdout, stderr } = await runNode(root, program, [...options, ...topLevel(sources)]);
  try {
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`dependency-cruiser gave no report: ${stderr || stdout}`, { cause: error });
  }
}

export function findForbidden({ summary }: Graph): Finding[] {
  const reasons = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment]));
  return summary.violations.map(({ from, to, rule, cycle }) => {
    const target = cycle ? cycle.map(({ name }) => name).join(' → ') : to;
    return { rule: rule.name, file: from, message: `imports ${target}: ${reasons.get(rule.name)}` };
  });
}

function topLevel(sources: readonly string[]): string[] {
  return [...new Set(sources.map((file) => file.split('/')[0] ?? file))];
}

import type { Check, Finding, Verdict } from './check.ts';
import type { PlantResult } from './planted.ts';

/** Runs the checks one after the other, with a line for each, then lists what they found. Answers whether all passed. */
export async function report(checks: readonly Check[], run: (check: Check) => Promise<Verdict>): Promise<boolean> {
  const failed: string[] = [];
  for (const check of checks) {
    const started = performance.now();
    const { saw, findings, skipped } = await guarded(check, run);
    const outcome = findings.length === 0 ? 'ok    ' : 'FAILED';
    const found = findings.length === 0 ? '' : `, ${count(findings.length, 'finding')}`;
    print(`${check.name.padEnd(12)} ${outcome} ${saw}${found}, ${seconds(started)}`);
    if (skipped) print(`${' '.repeat(12)} SKIPPED ${skipped}`);
    if (findings.length > 0) failed.push(`\n${check.name}\n${findings.map(describe).join('\n')}`);
  }
  for (const text of failed) print(text);
  return failed.length === 0;
}

/** The same for the planted violations, a line for each that was tried. Answers whether every one was named. */
export async function reportPlanted(
  checks: readonly Check[],
  run: (check: Check) => Promise<readonly PlantResult[]>,
): Promise<boolean> {
  let missed = 0;
  for (const check of checks) {
    const started = performance.now();
    const results = await run(check);
    for (const result of results) print(`${check.name.padEnd(12)} ${describePlant(result)}`);
    missed += results.filter((result) => result.missed.length > 0).length;
    print(`${check.name.padEnd(12)} ${count(results.length, 'planted violation')}, ${seconds(started)}`);
  }
  return missed === 0;
}

// A check that breaks has proved nothing, and must not keep the others from running.
async function guarded(check: Check, run: (check: Check) => Promise<Verdict>): Promise<Verdict> {
  try {
    return await run(check);
  } catch (error) {
    return { saw: 'nothing', findings: [{ rule: 'could-not-run', file: '.', message: (error as Error).message }] };
  }
}

function describe({ rule, file, line, message }: Finding): string {
  return `  ${file}${line ? `:${line}` : ''}  ${rule}\n    ${message}`;
}

function describePlant({ plant, missed }: PlantResult): string {
  return missed.length === 0 ? `named  ${plant}` : `MISSED ${plant}: ${missed.join(', ')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

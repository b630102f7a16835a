import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Effort, Figure } from './report.ts';
import { kept } from './report.ts';
import { plot } from './selling-plot.ts';

export type Results = {
  readonly figures: readonly Figure[];
  readonly effort: Effort;
  readonly processes: number;
  /** The server's version. */
  readonly postgres: string;
};

const folder = new URL('./results/', import.meta.url);

/** Writes `results/selling.json`, `.md` and `.svg`; of a run with more than one process `selling-2-processes.json`, ….  */
export async function writeResults(results: Results): Promise<void> {
  const name = results.processes === 1 ? 'selling' : `selling-${results.processes}-processes`;
  const machine = describeMachine(results.postgres);
  const { figures, effort, processes } = results;
  await mkdir(folder, { recursive: true });
  const write = (extension: string, text: string) => writeFile(new URL(`${name}.${extension}`, folder), text);
  await write('json', `${JSON.stringify({ ...machine, ...effort, processes, figures }, undefined, 2)}\n`);
  await write('md', page(name, machine, results));
  await write('svg', plot(figures));
}

function describeMachine(postgres: string) {
  const [cpu] = cpus();
  return {
    date: Temporal.Now.instant().toString({ smallestUnit: 'second' }),
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore15Minutes: Math.round((loadavg()[2] ?? 0) * 10) / 10,
    node: process.version,
    postgres,
  };
}

function page(
  name: string,
  machine: ReturnType<typeof describeMachine>,
  { figures, effort, processes }: Results,
): string {
  const { date, cpu, cores, memoryGb, node, postgres } = machine;
  const shops = processes === 1 ? 'one api process' : `${processes} api processes on one database`;
  return `# Selling at speed

${date}, ${cpu}, ${cores} cores, ${memoryGb} GB, Node.js ${node}, PostgreSQL ${postgres}. Load generator, ceiling, ${shops}
and PostgreSQL share the machine. Ratios are medians of ${effort.rounds} interleaved rounds of ${effort.seconds} s, with the least and
the greatest. What each figure is: [README](../README.md#selling). Made by \`npm run bench -- selling\`.

| Figure | Ours | Against | Ratio | Least–greatest | Promised | |
|---|---:|---:|---:|---:|---:|---|
${figures.map(row).join('\n')}

![The ratios against what is promised](${name}.svg)
`;
}

function row(figure: Figure): string {
  const { name, value, unit, ceiling, ratio, ratioMin, ratioMax, target, atMost } = figure;
  const spread = ratioMin === undefined ? '' : `${ratioMin}–${ratioMax}`;
  const promised = target === undefined ? '' : `${atMost ? '≤' : '≥'} ${target}`;
  const verdict = target === undefined ? '' : kept(figure) ? 'kept' : '**missed**';
  return `| \`${name}\` | ${value} ${unit} | ${ceiling} | ${ratio} | ${spread} | ${promised} | ${verdict} |`;
}

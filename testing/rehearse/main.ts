import colors from 'picocolors';
import { describeVerdict } from '../history/verdict.ts';
import type { Figure, Report } from './figures.ts';
import { readOptions, usage } from './options.ts';
import { rehearse } from './rehearse.ts';

let stop = async () => {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    process.stderr.write('\ninterrupted: ending what was started …\n');
    await stop();
    process.exit(130);
  });
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  return 1;
});

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const begunAt = performance.now();
  const onStep = (step: string) => {
    const seconds = ((performance.now() - begunAt) / 1_000).toFixed(1).padStart(6);
    process.stderr.write(`${colors.dim(`${seconds} s`)}  ${step}\n`);
  };
  onStep(`Seed ${options.seed}: --seed ${options.seed} repeats it`);
  const report = await rehearse({
    options,
    onStep,
    whenStopIsDue: (what) => {
      stop = what;
    },
  });
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.isClean ? 0 : 1;
}

function reportText({ isClean, figures, verdict, complaints, seed, steps }: Report): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map((figure) => `  ${figure.name.padEnd(width)}  ${valueText(figure)}`);
  const outcome = isClean
    ? colors.green('The rehearsal is clean.')
    : colors.red(`The rehearsal is NOT clean (seed ${seed}).`);
  const times = steps.map(({ step, medianMs, maxMs }) => `  ${step.padEnd(36)} ${medianMs} ms (at most ${maxMs} ms)`);
  return [
    '',
    ...lines,
    '',
    'steps of a move, median',
    ...times,
    '',
    describeVerdict(verdict),
    ...complaints.map((text) => colors.red(text)),
    outcome,
    '',
  ].join('\n');
}

function valueText({ value, most, unit = '' }: Figure): string {
  const shown = `${Number.isInteger(value) ? value : value.toFixed(value < 10 ? 2 : 0)} ${unit}`.trim();
  if (most === undefined) return shown;
  return value <= most ? colors.green(`${shown} (at most ${most})`) : colors.red(`${shown} (at most ${most})`);
}

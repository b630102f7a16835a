import colors from 'picocolors';
import { describeVerdict } from '../history/verdict.ts';
import type { Figure, Report } from './figures.ts';
import { endWhenInterrupted } from './interruption.ts';
import { type Options, readOptions, usage } from './options.ts';
import { rehearse } from './rehearse.ts';
import { openView } from './view.ts';

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
  const report = await watch(options);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.isClean ? 0 : 1;
}

async function watch(options: Options): Promise<Report> {
  const now = () => performance.now();
  const view = openView({ stream: process.stderr, env: process.env, isPlain: options.json, now });
  process.once('exit', () => view.close());
  let [stop, isInterrupted] = [async () => {}, false];
  endWhenInterrupted(process, now, async () => {
    isInterrupted = true;
    await view.interrupt();
    process.stderr.write('\ninterrupted: ending what was started …\n');
    await stop();
  });
  view.say(`Seed ${options.seed}: --seed ${options.seed} repeats it`);
  const whenStopIsDue = (due: () => Promise<void>) => {
    stop = due;
  };
  return rehearse({ options, view, whenStopIsDue }).catch((error: unknown) => {
    // What fails because it is being ended is no news. The process ends when all else has.
    if (isInterrupted) return new Promise<never>(() => {});
    throw error;
  });
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

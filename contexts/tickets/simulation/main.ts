// Simulates the sale: processes, customers, a database that loses answers, clocks that go apart. All comes from the seed.
import { parseArgs } from 'node:util';
import { type DaysReport, simulateDays } from './days.ts';

const usage = 'npm run simulate -- [--operations 1000000] [--seed 1]';
const { seed, operations } = readArguments();
const beganAt = performance.now();
let toldAt = beganAt;

const report = await simulateDays({ seed, operations, onDay: tellNowAndThen });
tell(report);
if (report.failure !== undefined) {
  process.stderr.write(`${report.failure}\n`);
  process.exitCode = 1;
}

function readArguments() {
  const values = readOptions();
  const numbers = { seed: Number(values.seed), operations: Number(values.operations) };
  if (Object.values(numbers).every((number) => Number.isSafeInteger(number) && number > 0)) return numbers;
  return refuse('--seed and --operations: expected a whole number from 1 on.');
}

function readOptions() {
  const seed = { type: 'string', default: '1' } as const;
  const operations = { type: 'string', default: '1000000' } as const;
  try {
    const { values } = parseArgs({ options: { seed, operations, help: { type: 'boolean' } } });
    if (!values.help) return values;
    process.stdout.write(`${usage}\n`);
    process.exit();
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}\n`);
  process.exit(2);
}

function tellNowAndThen(soFar: DaysReport): void {
  if (performance.now() - toldAt < 10_000) return;
  toldAt = performance.now();
  tell(soFar);
}

function tell({ days, operations, steps, granted, refused, repeated, unknown, soldOut }: DaysReport): void {
  const rate = Math.round((1_000 * operations) / (performance.now() - beganAt));
  process.stdout.write(
    `${operations} requests on ${days} days, ${rate} a second: ${granted} granted, ${refused} refused, ${repeated} told ` +
      `again, ${unknown} lost; ${soldOut} events sold out; ${steps} steps\n`,
  );
}

// Simulates the sale: processes, customers, a database that loses answers, clocks that go apart. All comes from the seed.
import { parseArgs } from 'node:util';
import { type DaysReport, simulateDays } from './days.ts';

const usage = `Plays days of the sale, all of whose luck comes from the seed, and says which promise was broken, if one was.

npm run simulate -- [--operations 1000000] [--seed 1]
`;
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
  try {
    const { values } = parseArgs({
      options: { seed: number(1), operations: number(1_000_000), help: { type: 'boolean' } },
    });
    if (values.help) end(0, usage);
    const numbers = { seed: Number(values.seed), operations: Number(values.operations) };
    if (Object.values(numbers).every((one) => Number.isSafeInteger(one) && one > 0)) return numbers;
    return end(2, `Both are whole numbers from 1 on.\n\n${usage}`);
  } catch (error) {
    return end(2, `${(error as Error).message}\n\n${usage}`);
  }
}

function number(usual: number) {
  return { type: 'string', default: `${usual}` } as const;
}

function end(code: number, text: string): never {
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
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

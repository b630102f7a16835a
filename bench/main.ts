import { parseArgs } from 'node:util';
import { benchHttp } from './http.ts';
import { heedInterrupts, isInterrupted } from './interrupted.ts';
import { benchMessages } from './messages.ts';
import { benchMigration } from './migration.ts';
import { print } from './report.ts';
import { benchSelling } from './selling.ts';
import { benchTracing } from './tracing.ts';

const suites = {
  http: benchHttp,
  messages: benchMessages,
  tracing: benchTracing,
  selling: benchSelling,
  migration: benchMigration,
};
// Tracing is the last part of the messages.
const all = ['http', 'messages'];
const help = `npm run bench -- [${Object.keys(suites).join('|')}] [--json] [--rounds N] [--seconds N]

Measures the shop against a ceiling in the same run; a ratio is the median of the rounds, with its least and greatest.
--json      a JSON line for each figure: name, value, unit, ceiling, ratio
--rounds    how often ceiling and shop take turns (5)
--seconds   how long each turn lasts (3)

Of selling:
--only NAME          only the figures whose names begin so
--processes N        so many api processes on one database (1)
--profile            where the processors' time goes while seats are held and bought, instead of the figures (Linux)
--plant-double-sale  sells a seat twice behind the shop's back: the audit has to find it

Of migration:
--only NAME          only the figures whose names begin so
--rows N             of the table that is copied (1000000)
--comparisons N      of reads, to find one that is said to differ and does not (3000)`;

heedInterrupts();
try {
  await main();
} catch (error) {
  if (isInterrupted()) await new Promise(() => undefined);
  console.error(error instanceof TypeError ? `${error.message}\n\n${help}` : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string' },
      'plant-double-sale': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      processes: { type: 'string', default: '1' },
      rows: { type: 'string', default: '1000000' },
      comparisons: { type: 'string', default: '3000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const options = {
    only: values.only,
    processes: count('processes', values.processes),
    plantsDoubleSale: values['plant-double-sale'],
    profiles: values.profile,
    rows: count('rows', values.rows),
    comparisons: count('comparisons', values.comparisons),
  };
  const chosen = positionals.length > 0 ? positionals : all;
  for (const name of chosen) {
    const suite = suites[name as keyof typeof suites];
    if (!suite) throw new TypeError(`There is no benchmark "${name}".`);
    const effort = { rounds: count('rounds', values.rounds), seconds: count('seconds', values.seconds) };
    await suite(effort, (figure) => print(figure, values.json), options);
  }
}

function count(name: string, value: string): number {
  if (!/^[1-9]\d{0,7}$/.test(value)) throw new TypeError(`--${name}: expected a whole number above 0, got "${value}"`);
  return Number(value);
}

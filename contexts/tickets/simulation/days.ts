import { setImmediate as turn } from 'node:timers/promises';
import { type DayReport, simulateDay } from './day.ts';
import type { Subject } from './judge.ts';
import type { Plant } from './office.ts';

export type DaysPlan = {
  /** Of the first day; each has the next one. */
  readonly seed: number;
  /** How many requests are put, at least. */
  readonly operations: number;
  readonly plant?: Plant;
  /** Called after each day with what has been done so far. */
  readonly onDay?: (report: DaysReport) => void;
};

export type DaysReport = Omit<DayReport, 'broken'> & {
  readonly days: number;
  /** What went wrong, on the last day. */
  readonly failure?: string;
};

const operationsADay = 10_000;
const linesMax = 40;

/** Simulates days of the shop until one goes wrong or there were so many requests. */
export async function simulateDays({ seed, operations, plant = {}, onDay }: DaysPlan): Promise<DaysReport> {
  let report: DaysReport = { ...nothingYet };
  while (report.operations < operations && report.failure === undefined) {
    const day = {
      seed: seed + report.days,
      operations: Math.min(operationsADay, operations - report.operations),
      plant,
    };
    const { broken, ...counts } = await simulateDay(day);
    report = add(report, counts);
    if (broken) report = { ...report, failure: await tell(day) };
    onDay?.(report);
    // The days themselves leave nobody else a turn.
    await turn();
  }
  return report;
}

const nothingYet = { days: 0, operations: 0, steps: 0, granted: 0, refused: 0, repeated: 0, unknown: 0, soldOut: 0 };

type Counts = Omit<DayReport, 'broken'>;

function add({ days, ...before }: DaysReport, counts: Counts): DaysReport {
  const sum = Object.entries(counts).map(([name, count]) => [name, count + before[name as keyof Counts]]);
  return { ...(Object.fromEntries(sum) as Counts), days: days + 1 };
}

/** The same day once more, with the last of what concerns the seats whose promise was broken. */
async function tell(day: Parameters<typeof simulateDay>[0]): Promise<string> {
  const heard: { readonly subject: Subject; readonly line: string }[] = [];
  const { broken } = await simulateDay({ ...day, listener: (subject, text) => heard.push({ subject, line: text() }) });
  if (!broken) return `Seed ${day.seed} goes wrong only once: something does not come from the seed.`;
  const lines = heard.filter(({ subject }) => concerns(subject, broken)).map(({ line }) => line);
  const text = [`${broken.promise} – broken: ${broken.how}`, ...lines.slice(-linesMax)].join('\n  ');
  return `${withShortIds(text)}\nAgain: npm run simulate -- --seed ${day.seed} --operations ${day.operations}`;
}

function concerns({ eventId, seats = [] }: Subject, broken: Subject): boolean {
  if (eventId !== broken.eventId) return false;
  const { seats: wrong = [] } = broken;
  return seats.length === 0 || wrong.length === 0 || seats.some((number) => wrong.includes(number));
}

// Holds and orders have other ids each time.
function withShortIds(text: string): string {
  const ids = new Map<string, string>();
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
    ids.set(id, ids.get(id) ?? `#${ids.size + 1}`);
    return ids.get(id) ?? id;
  });
}

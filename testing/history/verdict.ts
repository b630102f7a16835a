import type { Entry } from './history.ts';

/** What can be wrong; the README says what each means. */
export const faults = [
  'lost',
  'stale',
  'resurrected',
  'duplicated',
  'ghost',
  'invented',
  'torn',
  'refused',
  'differs',
  'messages.missing',
  'messages.untold',
  'messages.duplicated',
  'messages.outOfOrder',
  'messages.ghost',
  'messages.invented',
] as const;

export type Fault = (typeof faults)[number];

export type Example = {
  readonly fault: Fault;
  /** What is wrong, in a sentence with values and times. */
  readonly what: string;
  /** The numbers of the requests that show it. */
  readonly requests: readonly number[];
};

/** What there was to judge. */
export type Facts = {
  readonly requests: number;
  readonly writes: Readonly<Record<Entry['outcome'], number>>;
  readonly reads: Readonly<Record<Entry['outcome'], number>>;
  /** Requests by the status of their answer; `none`: no answer came. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly messages: number;
  /** The same message more than once, which a consumer has to bear. */
  readonly redelivered: number;
};

export type Verdict = {
  /** No fault of any kind. What was never answered is no fault; see `facts`. */
  readonly isClean: boolean;
  readonly counts: Readonly<Record<Fault, number>>;
  /** The first few of each fault. */
  readonly examples: readonly Example[];
  readonly facts: Facts;
};

export type Findings = {
  find(fault: Fault, what: string, entries?: readonly (Entry | undefined)[]): void;
  verdict(facts: Facts): Verdict;
};

const examplesMax = 5;

export function collectFindings(): Findings {
  const counts = Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<Fault, number>;
  const examples: Example[] = [];
  return {
    find(fault, what, entries = []) {
      counts[fault] += 1;
      const requests = entries.flatMap((entry) => (entry ? [entry.number] : []));
      if (counts[fault] <= examplesMax) examples.push({ fault, what, requests });
    },
    verdict: (facts) => ({ isClean: faults.every((fault) => counts[fault] === 0), counts, examples, facts }),
  };
}

/** For people: what was judged, each fault with its number, and the examples. */
export function describeVerdict({ isClean, counts, examples, facts }: Verdict): string {
  const found = faults.filter((fault) => counts[fault] > 0);
  return [
    `${isClean ? 'clean' : 'NOT CLEAN'}: ${facts.requests} requests, ${facts.rows} rows, ${facts.messages} messages`,
    `  writes ${countsText(facts.writes)}; reads ${countsText(facts.reads)}; statuses ${countsText(facts.statuses)}`,
    ...found.flatMap((fault) => [
      `  ${fault}: ${counts[fault]}`,
      ...examples.filter((example) => example.fault === fault).map(({ what }) => `    ${what}`),
    ]),
  ].join('\n');
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

import type { Difference } from './difference.ts';

/** Where a read ended; `received` is all of them together, and `asked twice` says how often noise was looked for. */
export type Outcome = 'received' | 'mirrored' | 'sampled out' | 'dropped' | 'not comparable' | 'asked twice';

type Asked = { readonly endpoint: string; readonly path: string };

/** Where the shadow tells what it sees. */
export type Recording = {
  count(endpoint: string, outcome: Outcome, reason?: string): void;
  /** The differences of one comparison; noise are those of the control from itself. */
  differ(read: Asked, differences: readonly Difference[], isNoise: boolean): void;
};

export type Count = {
  readonly endpoint: string;
  readonly outcome: Outcome;
  /** Empty where there is none. */
  readonly reason: string;
  readonly count: number;
  readonly lastAt: Temporal.Instant;
};

export type Example = {
  /** What was asked for. */
  readonly request: string;
  readonly at: string;
  readonly control: string | null;
  readonly candidate: string | null;
  readonly seenAt: string;
};

/** The same difference in any number of answers of one endpoint. */
export type Group = {
  readonly endpoint: string;
  readonly path: string;
  readonly kind: Difference['kind'];
  readonly isNoise: boolean;
  /** In how many comparisons. */
  readonly count: number;
  readonly firstAt: Temporal.Instant;
  readonly lastAt: Temporal.Instant;
  /** The newest first. */
  readonly examples: readonly Example[];
};

export type Taken = { readonly counts: readonly Count[]; readonly groups: readonly Group[] };

/** What was told since it was last taken away. */
export type Tally = Recording & {
  take(): Taken;
  /** What could not be delivered is added again. */
  giveBack(taken: Taken): void;
};

export const examplesMax = 5;
// Names of members may be anything, and so may be many.
const groupsMax = 2_000;
const oneOfTooMany = '(too many paths to tell)';
const requestLengthMax = 300;

export function createTally(now: () => Temporal.Instant): Tally {
  let counts = new Map<string, Count>();
  let groups = new Map<string, Group>();
  const known = new Set<string>();
  const addCount = (added: Count) => {
    const key = `${added.endpoint}|${added.outcome}|${added.reason}`;
    const there = counts.get(key);
    counts.set(
      key,
      there ? { ...there, count: there.count + added.count, lastAt: later(there.lastAt, added.lastAt) } : added,
    );
  };
  const addGroup = (added: Group) => {
    const key = keyOf(added);
    const there = groups.get(key);
    groups.set(key, there ? join(there, added) : added);
  };
  const bounded = (group: Group): Group => {
    if (!known.has(keyOf(group)) && known.size >= groupsMax) return { ...group, path: oneOfTooMany };
    known.add(keyOf(group));
    return group;
  };
  return {
    count: (endpoint, outcome, reason = '') => addCount({ endpoint, outcome, reason, count: 1, lastAt: now() }),
    differ(read, differences, isNoise) {
      for (const group of groupsOf(read, differences, isNoise, now())) addGroup(bounded(group));
    },
    take() {
      const taken = { counts: [...counts.values()], groups: [...groups.values()] };
      [counts, groups] = [new Map(), new Map()];
      return taken;
    },
    giveBack(taken) {
      for (const count of taken.counts) addCount(count);
      for (const group of taken.groups) addGroup(group);
    },
  };
}

/** One comparison counts once in each group, however many items of a list differ in the same way. */
function groupsOf(
  { endpoint, path: request }: Asked,
  differences: readonly Difference[],
  isNoise: boolean,
  seen: Temporal.Instant,
): Group[] {
  const first = new Map(
    differences.toReversed().map((difference) => [`${difference.path}|${difference.kind}`, difference]),
  );
  return [...first.values()].map(({ path, kind, at, control, candidate }) => {
    const example = { request: request.slice(0, requestLengthMax), at, control, candidate, seenAt: `${seen}` };
    return { endpoint, path, kind, isNoise, count: 1, firstAt: seen, lastAt: seen, examples: [example] };
  });
}

function join(one: Group, other: Group): Group {
  const [newer, older] = Temporal.Instant.compare(one.lastAt, other.lastAt) > 0 ? [one, other] : [other, one];
  return {
    ...newer,
    count: one.count + other.count,
    firstAt: Temporal.Instant.compare(one.firstAt, other.firstAt) < 0 ? one.firstAt : other.firstAt,
    examples: [...newer.examples, ...older.examples].slice(0, examplesMax),
  };
}

function later(one: Temporal.Instant, other: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(one, other) > 0 ? one : other;
}

function keyOf({ endpoint, path, kind, isNoise }: Group): string {
  return `${endpoint}|${path}|${kind}|${isNoise}`;
}

import type { Place } from '@ticketbuddy/backfill';
import type pg from 'pg';
import { type IgnoreRule, isAbout, isExpired, type Rules } from './rules.ts';
import { readCounts, readGroups } from './store.ts';
import { type Count, examplesMax, type Group, type Outcome } from './tally.ts';

export type EndpointReport = {
  readonly endpoint: string;
  readonly received: number;
  readonly mirrored: number;
  readonly sampledOut: number;
  readonly dropped: number;
  readonly notComparable: number;
  /** Received and not yet any of the others. A gateway that was killed leaves some for good. */
  readonly underWay: number;
  readonly askedTwice: number;
  /** Why they were dropped or are not comparable, with their numbers. */
  readonly reasons: Readonly<Record<string, number>>;
};

export type GroupReport = Omit<Group, 'isNoise'> & {
  /**
   * `noise`: the control differs from itself there, in the same way and about as often; `ignored`: by a rule that is in force; `real`: a
   * difference.
   */
  readonly standing: 'real' | 'noise' | 'ignored';
  /** How often the control differed from itself there, in the same way. */
  readonly noiseCount: number;
};

export type Report = {
  readonly at: Temporal.Instant;
  readonly endpoints: readonly EndpointReport[];
  readonly groups: readonly GroupReport[];
  readonly expiredRules: readonly IgnoreRule[];
  /** Those that nothing needs, the expired ones among them. */
  readonly unusedRules: readonly IgnoreRule[];
  /** When the last comparison was made, by the clocks of the gateways. */
  readonly lastComparedAt: Temporal.Instant | undefined;
};

/** What all gateways have told so far, judged by the rules as they are at `now`. */
export async function readReport(
  target: pg.Pool,
  place: Place,
  now: Temporal.Instant,
  { ignore }: Pick<Rules, 'ignore'>,
): Promise<Report> {
  const [counts, groups] = [await readCounts(target, place), await readGroups(target, place)];
  const endpoints = [...new Set(counts.map(({ endpoint }) => endpoint))].map((name) => endpointReport(name, counts));
  const expiredRules = ignore.filter((rule) => isExpired(rule, now));
  const inForce = ignore.filter((rule) => !expiredRules.includes(rule));
  const differing = groups.filter(({ isNoise }) => !isNoise);
  return {
    at: now,
    endpoints,
    groups: differing.map((group) => groupReport(group, groups, endpoints, inForce)),
    expiredRules,
    unusedRules: ignore.filter((rule) => !differing.some((group) => isAbout(rule, group))),
    lastComparedAt: newest(counts.filter(({ outcome }) => outcome === 'mirrored').map(({ lastAt }) => lastAt)),
  };
}

function endpointReport(endpoint: string, counts: readonly Count[]): EndpointReport {
  const own = counts.filter((count) => count.endpoint === endpoint);
  const sum = (outcome: Outcome) =>
    own.reduce((all, { count, ...of }) => all + (of.outcome === outcome ? count : 0), 0);
  const [received, mirrored, sampledOut] = [sum('received'), sum('mirrored'), sum('sampled out')];
  const [dropped, notComparable] = [sum('dropped'), sum('not comparable')];
  const explained = own.filter(({ outcome }) => outcome === 'dropped' || outcome === 'not comparable');
  return {
    endpoint,
    received,
    mirrored,
    sampledOut,
    dropped,
    notComparable,
    underWay: received - mirrored - sampledOut - dropped - notComparable,
    askedTwice: sum('asked twice'),
    reasons: Object.fromEntries(explained.map(({ outcome, reason, count }) => [`${outcome}: ${reason}`, count])),
  };
}

function groupReport(
  { isNoise: _no, examples, ...group }: Group,
  groups: readonly Group[],
  endpoints: readonly EndpointReport[],
  rules: readonly IgnoreRule[],
): GroupReport {
  const isAlike = (other: Group) => other.isNoise && other.kind === group.kind && isAbout(other, group);
  const noises = groups.filter(isAlike).map(({ count }) => count);
  const noiseCount = Math.max(0, ...noises);
  const counted = endpoints.find(({ endpoint }) => endpoint === group.endpoint);
  const isIgnored = rules.some((rule) => isAbout(rule, group));
  const isNoise = counted !== undefined && isExplained(group.count, noiseCount, counted);
  const standing = isIgnored ? 'ignored' : isNoise ? 'noise' : 'real';
  return { ...group, examples: examples.slice(0, examplesMax), noiseCount, standing };
}

// Two answers of the control are asked for in other intervals than those that are compared, so the shares are alike at most.
const noiseFactor = 3;

/** Whether the control differs from itself so often that it explains why the candidate does: once in a while explains nothing. */
function isExplained(count: number, noiseCount: number, { mirrored, askedTwice }: EndpointReport): boolean {
  if (noiseCount === 0 || askedTwice === 0 || mirrored === 0) return false;
  return count / mirrored <= (noiseFactor * noiseCount) / askedTwice;
}

function newest(times: readonly Temporal.Instant[]): Temporal.Instant | undefined {
  return [...times].sort(Temporal.Instant.compare).at(-1);
}

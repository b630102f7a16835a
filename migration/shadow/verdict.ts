import type { EndpointReport, Report } from './report.ts';

export type Verdict = {
  readonly verdict: 'clean' | 'differs' | 'expired rule' | 'no evidence';
  /** Each thing that is wrong, for a person; empty when it is clean. */
  readonly reasons: readonly string[];
};

const ageSecondsMax = 60;

/**
 * Whether the report proves that the candidate answers as the control does. No evidence: fewer than `comparisonsMin`, or the last
 * one more than a minute away, or an endpoint that was asked for and never compared, or more answers of the candidate than one in a
 * hundred that did not come, or were too large.
 */
export function verdict(report: Report, comparisonsMin = 100): Verdict {
  const differences = report.groups
    .filter(({ standing }) => standing === 'real')
    .map(({ endpoint, path, kind, count }) => `${endpoint} differs at ${path} (${kind}, ${count} times)`);
  const expired = report.expiredRules.map(
    ({ endpoint, path, owner, until }) => `the rule of ${owner} for ${endpoint} ${path} ended with ${until}`,
  );
  const missing = [...whatIsMissing(report, comparisonsMin)];
  const reasons = [...differences, ...expired, ...missing];
  if (differences.length > 0) return { verdict: 'differs', reasons };
  if (expired.length > 0) return { verdict: 'expired rule', reasons };
  return { verdict: missing.length > 0 ? 'no evidence' : 'clean', reasons };
}

function* whatIsMissing({ at, endpoints, lastComparedAt }: Report, comparisonsMin: number): Generator<string> {
  const mirrored = endpoints.reduce((all, endpoint) => all + endpoint.mirrored, 0);
  if (mirrored < comparisonsMin) yield `${mirrored} comparisons are fewer than ${comparisonsMin}`;
  const ageSeconds = lastComparedAt && at.since(lastComparedAt).total('seconds');
  // A clock that is ahead must not make it last.
  if (ageSeconds !== undefined && Math.abs(ageSeconds) > ageSecondsMax)
    yield `the last comparison was made at ${lastComparedAt}`;
  for (const endpoint of endpoints) {
    if (isNeverCompared(endpoint)) yield `${endpoint.endpoint} was never compared`;
    const unanswered = unansweredBy('candidate', endpoint);
    if (unanswered * 100 > endpoint.mirrored)
      yield `${endpoint.endpoint} got no answer of the candidate that can be compared ${unanswered} times`;
  }
}

function isNeverCompared({ received, sampledOut, mirrored, reasons }: EndpointReport): boolean {
  return mirrored === 0 && received > sampledOut + (reasons['not comparable: not a GET'] ?? 0);
}

function unansweredBy(who: string, { reasons }: EndpointReport): number {
  const counts = ['timed out', 'failed', 'too large'].map((how) => reasons[`not comparable: ${who} ${how}`] ?? 0);
  return counts.reduce((all, count) => all + count, 0);
}

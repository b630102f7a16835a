import type { KeyOfArray } from './diff-json.ts';

/** A difference that somebody has agreed to, until a day. */
export type IgnoreRule = {
  readonly endpoint: string;
  /** As in the report: `$.Events[*].Price`, `header cache-control`. */
  readonly path: string;
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
  /** The last day, in UTC: `2026-06-30`. */
  readonly until: string;
};

/** An array whose order means nothing. */
export type ArrayRule = {
  readonly endpoint: string;
  /** Of the array: `$.Events`. */
  readonly path: string;
  /** The member by which its items are found: `Id`. */
  readonly key: string;
  readonly reason: string;
};

export type Rules = { readonly ignore: readonly IgnoreRule[]; readonly arrays: readonly ArrayRule[] };

type Place = { readonly endpoint: string; readonly path: string };

export function isAbout(rule: Place, { endpoint, path }: Place): boolean {
  return rule.endpoint === endpoint && rule.path === path;
}

/** Throws a `RangeError` for a day that is none. */
export function isExpired({ until }: IgnoreRule, now: Temporal.Instant): boolean {
  const today = now.toZonedDateTimeISO('UTC').toPlainDate();
  return Temporal.PlainDate.compare(today, Temporal.PlainDate.from(until)) > 0;
}

export function keysOfArrays({ arrays }: Pick<Rules, 'arrays'>, endpoint: string): KeyOfArray {
  return (path) => arrays.find((rule) => isAbout(rule, { endpoint, path }))?.key;
}

import type { ConfirmedDiff, FollowedParity } from './compare-followed.ts';
import type { Range } from './compared.ts';

/** One way round a table that is under way, and what is known meanwhile. It outlives the process. */
export type Round = {
  /** By the target's clock. */
  readonly beganAt: string;
  /** The key up to which it has come; none before its first chunk. */
  readonly reached: string | undefined;
  readonly isAtEnd: boolean;
  readonly rows: number;
  /** Chunks and keys of which nothing is known yet, because they changed each time. The round is not over without them. */
  readonly open: readonly Range[];
  /** More differences were found than are kept. */
  readonly hasMore: boolean;
};

/** What is known to differ now; each is looked at again in each pass, until it does not differ any more. */
export type Known = readonly ConfirmedDiff[];

export const diffsKept = 100;

export type Chunk = { readonly upTo: string | undefined; readonly rows: number };

export function beginRound(now: string): Round {
  return { beganAt: now, reached: undefined, isAtEnd: false, rows: 0, open: [], hasMore: false };
}

/** The round after a pass that looked at what was open, at what is known to differ, and at the chunk if there was one. */
export function advance(round: Round, chunk: Chunk | undefined, found: FollowedParity): Round {
  const hasMore = round.hasMore || found.diffs.length > diffsKept;
  const open = found.unproven;
  if (!chunk) return { ...round, open, hasMore };
  const { upTo, rows } = chunk;
  return {
    ...round,
    reached: upTo ?? round.reached,
    isAtEnd: upTo === undefined,
    rows: round.rows + rows,
    open,
    hasMore,
  };
}

export function isWhole({ isAtEnd, open }: Round): boolean {
  return isAtEnd && open.length === 0;
}

/** What was found takes the place of what was known, but for that of which nothing new is known. */
export function knownAfter(known: Known, { diffs, unproven }: FollowedParity): Known {
  const found = new Set(diffs.map(({ key }) => key));
  const stale = known.filter(({ key }) => !found.has(key) && unproven.some((range) => includes(range, key)));
  return [...diffs, ...stale].slice(0, diffsKept);
}

// The text of a uuid, in lower case, has the order of its bytes.
function includes({ after, upTo, keys }: Range, key: string): boolean {
  if (after !== undefined && key <= after) return false;
  if (upTo !== undefined && key > upTo) return false;
  return keys === undefined || keys.includes(key);
}

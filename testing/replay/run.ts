import { type Bindings, createBindings } from './bindings.ts';
import type { Story } from './captures.ts';
import type { Difference } from './difference.ts';
import type { Side } from './expectation.ts';
import { createHolds, type Hold, type Holds } from './holds.ts';

export type ReplayOptions = {
  /** The server to ask. It has to be empty: no events, no users, no holds. */
  readonly baseUrl: string;
  readonly as: Side;
  /**
   * Brings about the end of the given holds, whose ids are the server's. It may end every other hold with them, as a
   * clock does that is put forward: the replay takes the others again. Without it, what needs such an end is skipped.
   */
  readonly endHolds?: ((holds: readonly Hold[]) => Promise<void>) | undefined;
  /** Paths that the target has of its own, such as `/health`, where the recorded server had nothing. */
  readonly ownPaths?: readonly string[] | undefined;
  /** How long a GET may be asked again until it matches, since seats and prices follow an event. */
  readonly patienceMs?: number | undefined;
};

export type SkipReason = 'volatile' | 'not-asked' | 'needs-the-end-of-a-hold' | 'unreadable-body' | 'own-path';

export type Outcome =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'skipped'; readonly reason: SkipReason }
  | { readonly outcome: 'failed'; readonly differences: readonly Difference[] };

/** What a replay knows at a point of the story. */
export type Run = {
  readonly story: Story;
  readonly baseUrl: string;
  readonly as: Side;
  readonly endHolds: ReplayOptions['endHolds'];
  readonly ownPaths: readonly string[];
  readonly patienceMs: number;
  readonly holds: Holds;
  /** Seats whose hold was ended at a point of the recording, and of this replay too. */
  readonly ended: Set<string>;
  /** Seats that fared otherwise in the recording, because a hold on them could not be ended here. */
  readonly unended: Set<string>;
  bindings: Bindings;
};

export function startRun(story: Story, options: ReplayOptions): Run {
  const { baseUrl, as, endHolds, ownPaths = [], patienceMs = 2_000 } = options;
  const holds = createHolds(as);
  const bindings = createBindings(story);
  return { story, baseUrl, as, endHolds, ownPaths, patienceMs, holds, ended: new Set(), unended: new Set(), bindings };
}

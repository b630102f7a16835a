import type { Pace } from '@ticketbuddy/backfill';
import type { ConfirmedDiff } from './compare-followed.ts';
import type { Followed, FollowedTable } from './followed.ts';
import type { Invariant, InvariantCheck } from './invariants.ts';
import { createProofs } from './store-proofs.ts';

/**
 * Keys in the order in which others could see that they were written to: those after the mark that it gave before, about `limit`, and the mark
 * behind the last of them. A key may come several times; fewer than `limit` are all that there are. Marks outlive the process.
 */
export type KeyFeed = (
  after: string | undefined,
  limit: number,
) => Promise<{ readonly keys: readonly string[]; readonly mark: string | undefined }>;

export type VerifiedTable = FollowedTable & {
  /** Rows that the source has changed. */
  readonly changedKeys?: KeyFeed;
  /** Rows that somebody else than our writer has changed in the target. */
  readonly rogueKeys?: KeyFeed;
  /** Compared at the end of each round. */
  readonly invariants?: readonly Invariant[];
};

export type VerifierOptions = {
  readonly followed: Followed;
  readonly tables: readonly VerifiedTable[];
  /** Over all tables; what was just changed is looked at all the same. */
  readonly rowsPerSecondMax: number;
  /** How big the chunks are while the source is quick, and how it is asked. */
  readonly pace: Pace;
  /** How long a pass tries again what has changed meanwhile, in ms. */
  readonly patienceMs?: number;
  /** How long the target may take to apply what the source shows, in ms. */
  readonly waitMsMax?: number;
  /** How slow the probe at the source may be, in ms, before chunks shrink and rests grow. */
  readonly probeMsMax?: number;
  /** Hears of each difference when it is found and confirmed, and again when its row was written to and still differs. */
  readonly onDifference: (table: string, diff: ConfirmedDiff) => void;
  readonly onBrokenInvariant?: (table: string, check: InvariantCheck) => void;
};

export type Verifier = VerifierOptions & {
  /** The table of the next pass. */
  nextTable(): VerifiedTable;
  /** How many rows may be looked at now; 0 while it rests. */
  rowsNow(): Promise<number>;
  /** So many were looked at. */
  spend(rows: number): void;
};

/** Makes the table of proofs in the target, unless it is there. The verifier's own memory is only how fast it was. */
export async function openVerifier(options: VerifierOptions): Promise<Verifier> {
  const { followed, tables, rowsPerSecondMax, pace, probeMsMax } = options;
  await createProofs(followed.target, followed.schema);
  let turn = 0;
  let [allowed, countedAt, restUntil] = [rowsPerSecondMax, performance.now(), 0];
  return {
    ...options,
    nextTable: () => tables[turn++ % tables.length] as VerifiedTable,
    async rowsNow() {
      const now = performance.now();
      // What is not used in a second is lost, so that it never catches up in a rush.
      allowed = Math.min(rowsPerSecondMax, allowed + ((now - countedAt) * rowsPerSecondMax) / 1_000);
      countedAt = now;
      if (now < restUntil || allowed < 1) return 0;
      const rows = await pace.rowsNow(followed.source, probeMsMax);
      restUntil = performance.now() + pace.restMs;
      return Math.min(rows, Math.floor(allowed));
    },
    spend(rows) {
      allowed -= rows;
    },
  };
}

/** What was done or seen in a move, as it is kept for good. */
export type Act = {
  readonly unit: string;
  /** Such as `switch: hold started`. */
  readonly act: string;
  /** What shows it: positions, counts, reasons. Any JSON. */
  readonly evidence: unknown;
};

export type Entry = Act & {
  /** From 1 on, without a gap. */
  readonly nth: number;
  /** By the clock of the database, to the microsecond. */
  readonly at: Temporal.Instant;
  /** SHA-256 over this entry and the hash of the one before, in hex. */
  readonly hash: string;
};

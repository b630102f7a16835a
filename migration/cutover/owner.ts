/** The two systems that take turns at owning a unit. */
export type Side = 'legacy' | 'next';

/** Who may write a unit's tables; for the second of a switch nobody. */
export type Owner = Side | 'moving';

/** Of the same unit in each database. The epoch grows with every new owner. */
export type Ownership = { readonly owner: Owner; readonly epoch: number };

export type Fence = Ownership & {
  /** When whoever finds the unit without an owner goes back, instead of waiting on. */
  readonly deadline: Temporal.Instant | undefined;
};

/** What is fenced in one of the two databases. */
export type FencePlan = {
  /** Lower case letters, digits and `_`. */
  readonly unit: string;
  readonly side: Side;
  /** As SQL names them, with their schema: `"Event"."Events"`. */
  readonly tables: readonly string[];
  /** The roles that carry over what the other side has written. They log in as themselves. */
  readonly appliers: readonly string[];
  /** Whether a writer has to say in `ticketbuddy.epoch` in which epoch it writes. */
  readonly needsEpoch: boolean;
};

export type OwnerChange = {
  readonly unit: string;
  readonly from: Ownership;
  readonly to: Ownership & { readonly deadline?: Temporal.Instant };
  /** Is the deadline that the fence has, nothing is changed: whoever gave up the move that had it has left it there. */
  readonly unless?: Temporal.Instant;
};

/** A transaction that has written to the unit, or is just about to, and is not over. */
export type Blocker = {
  readonly pid: number;
  readonly application: string;
  readonly openForMs: number;
  readonly query: string;
};

/** Told in the new system's database whenever an owner has changed, or writes are held or let go. */
export const ownerChannel = 'ticketbuddy_owner';

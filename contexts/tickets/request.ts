import type { Refusal } from '@ticketbuddy/errors';
import type { Asking } from './asking.ts';
import type { Draft } from './draft.ts';
import type { Order } from './order.ts';
import type { Seat } from './seat.ts';

/** What somebody asks of the sale of one event. */
export type Request = Omit<Asking, 'userId'> & {
  /** Answers what is to change, or throws a refusal. Pure: it may be asked again, of other seats. */
  readonly rule: (seats: Draft, now: Temporal.Instant) => Change;
  /** Whether the answer brings the tickets of the order. */
  readonly wantsTickets?: boolean;
};

/** What a granted request does to seats. */
export type Change = {
  readonly kind: 'held' | 'extended' | 'released' | 'sold';
  readonly userId: string;
  /** As they are from then on; none when nothing was asked for. */
  readonly seats: readonly Seat[];
  /** The hold that seats were released from. */
  readonly holdId?: string;
  /** Made of seats that are sold. */
  readonly order?: Order;
  /** The codes of the order's tickets, if they were wanted. */
  readonly codes?: readonly string[];
  /** Why just these seats. */
  readonly reason?: string;
};

/** What the answer to an earlier attempt told. */
export type Told = {
  readonly orderId?: string;
  readonly holdId?: string;
  readonly seats?: readonly number[];
  readonly heldSince?: string;
  readonly heldUntil?: string;
  readonly reason?: string;
};

/** What became of a request; one that was granted before has no seats here. */
export type Decided = { readonly refused: Refusal } | Change | { readonly seats: readonly []; readonly told: Told };

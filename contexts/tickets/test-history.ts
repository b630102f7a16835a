import { randomUUID } from 'node:crypto';
import type { AnnouncedEvent } from './announced-event.ts';
import type { Outcome, Seat, Selection } from './seat.ts';
import { buyerOf } from './test-builders.ts';
import type { Show } from './test-plan.ts';

/** What one step of a plan did, as buyers and tables tell it. */
export type History = {
  readonly step: number;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  /** What happened in this step, in no order. */
  readonly happened: readonly Happening[];
  /** What buyers were told, in this step and in all before it. */
  readonly answers: readonly Answer[];
  readonly before: Seats;
  readonly after: Seats;
  /** The seats as the ledger tells them after the step. */
  readonly ledger: Seats;
  /** What was known of the events before the step. */
  readonly known: Events;
};

export type Happening =
  | { readonly act: 'reserve' | 'buy'; readonly answers: readonly Answer[] }
  | { readonly act: 'announce'; readonly event: AnnouncedEvent }
  /** The clock moved on while other things happened. */
  | { readonly act: 'wait'; readonly until: Temporal.Instant };

export type Answer = {
  readonly step: number;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  readonly act: 'reserve' | 'buy';
  readonly selection: Selection;
  readonly outcome: Outcome;
};

/** By their ids. */
export type Seats = ReadonlyMap<string, Seat>;
export type Events = ReadonlyMap<string, AnnouncedEvent>;

/** The events with this one, unless a newer version of it is known. */
export function withNews(events: Events, event: AnnouncedEvent): Events {
  const known = events.get(event.id);
  return known && (known.version ?? 0) >= (event.version ?? 0) ? events : new Map(events).set(event.id, event);
}

export function knownAfter({ known, happened }: History): Events {
  return happened.reduce((events, one) => (one.act === 'announce' ? withNews(events, one.event) : events), known);
}

/** Ids that tell in a message which show they are of. */
export function newEventId(show: Show): string {
  return `${show === 'evening' ? 'eeeeeeee' : 'aaaaaaaa'}${randomUUID().slice(8)}`;
}

/** Everything about a seat, the same text for the same seat. */
export function describeSeat(seat: Seat | undefined): string {
  if (!seat) return 'nowhere';
  return `${nameSeat(seat)} (${seat.id}) at ${seat.pricePence} pence, ${describeState(seat)}`;
}

export function nameSeat({ eventId, number }: Seat): string {
  return `seat ${number} of the ${nameShow(eventId)}`;
}

export function describeAnswer({ act, selection, outcome }: Answer, seats: Seats): string {
  const named = selection.seatIds.map((id) => seats.get(String(id))?.number ?? 'unknown').join(', ') || 'none';
  const asked = `${buyerOf(selection.userId)} wanted to ${act} ${named} of the ${nameShow(selection.eventId)}`;
  return `${asked}: ${'refused' in outcome ? outcome.refused.code : 'granted'}`;
}

function nameShow(eventId: string): string {
  return eventId.startsWith('e') ? 'evening' : 'matinee';
}

function describeState(seat: Seat): string {
  if (seat.state === 'sold') return `sold to ${buyerOf(seat.ownerId)} at ${timeOf(seat.soldAt)}`;
  if (seat.state === 'held') return `held by ${buyerOf(seat.holderId)} until ${timeOf(seat.heldUntil)}`;
  return 'open';
}

function timeOf(instant: Temporal.Instant): string {
  return instant.toString().slice(11, -1);
}

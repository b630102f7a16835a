import { Refusal } from '@ticketbuddy/errors';
import { Draft } from './draft.ts';
import type { House } from './house.ts';
import type { Known, Made } from './idempotency.ts';
import type { Change, Decided, Request } from './request.ts';
import type { Seal } from './ticket-code.ts';

/** A request and its place in the batch that it came with. */
export type Waiting = { readonly request: Request; readonly nth: number };

/** What requests would be answered, judged at the versions that their houses have, and what would change. */
export type Judged = {
  readonly now: Temporal.Instant;
  readonly drafts: ReadonlyMap<string, Draft>;
  readonly outcomes: readonly (Waiting & { readonly outcome: Decided })[];
  readonly granted: readonly Granted[];
  /** What is to be told again of the attempts. */
  readonly decisions: readonly Made[];
  /** Of the orders whose tickets are wanted, by their ids. */
  readonly seals: ReadonlyMap<string, Seal>;
};

const noSeals: ReadonlyMap<string, Seal> = new Map();

export type Granted = { readonly request: Request; readonly change: Change };

/** The houses as a process knows them. */
type KnownHouses = { get(eventId: string): House | undefined };

/** Judges each request, in their order, against what those before it changed. A refused one changes nothing. */
export function judgeBatch(
  houses: KnownHouses,
  waiting: readonly Waiting[],
  known: Known,
  now: Temporal.Instant,
): Judged {
  const drafts = new Map<string, Draft>();
  const granted: Granted[] = [];
  const decisions = known.follow();
  const outcomes = waiting.map((one) => {
    const { request } = one;
    const draft = draftOf(request.eventId);
    const outcome = decisions.outcomeOf(request, () => {
      const judged = judge(draft, request, now);
      if ('kind' in judged && judged.seats.length > 0) {
        draft.take(judged.seats);
        granted.push({ request, change: judged });
      }
      return judged;
    });
    return { ...one, outcome };
  });
  return { now, drafts, outcomes, granted, decisions: decisions.made, seals: noSeals };

  function draftOf(eventId: string): Draft {
    const draft = drafts.get(eventId) ?? new Draft(houses.get(eventId));
    drafts.set(eventId, draft);
    return draft;
  }
}

function judge(draft: Draft, { rule }: Request, now: Temporal.Instant): Decided {
  try {
    return rule(draft, now);
  } catch (error) {
    if (error instanceof Refusal) return { refused: error };
    throw error;
  }
}

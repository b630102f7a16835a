import { hash } from 'node:crypto';
import { keyReused, Refusal } from '@ticketbuddy/errors';
import { brokenConstraint } from '@ticketbuddy/postgres';
import type { Change, Decided, Request, Told } from './request.ts';
import type { Selection } from './seat.ts';
import type { Attempt, Decision } from './store-idempotency.ts';

/** What was decided on attempts before. */
export type Known = { follow(): Following };

/** What is decided on attempts while a batch is judged. */
export type Following = {
  /** What was decided before under the request's key, or else what `decide` says now. */
  outcomeOf(request: Request, decide: () => Decided): Decided;
  readonly made: readonly Made[];
};

/** Answers what was decided on those of the attempts that are known. */
type Recalling = { decisions(attempts: readonly Attempt[]): Promise<Decision[]> };

/** A decision that is to be written with what it decided. */
export type Made = Decision & Pick<Request, 'eventId'>;

export const nothingKnown: Known = knowing([]);

/** The selection as an attempt at `useCase` that the client marked with `key`, if it did. */
export function withAttempt(selection: Selection, useCase: string, key: string | undefined): Selection {
  if (key === undefined) return selection;
  const { eventId, userId, seatIds } = selection;
  return { ...selection, attempt: attemptOf(useCase, userId, key, [eventId, userId, seatIds]) };
}

/** A user's attempt at a use case; `depends` is everything that the decision depends on, as JSON. */
export function attemptOf(useCase: string, userId: string, key: string, depends: unknown): Attempt {
  const requestHash = hash('sha256', JSON.stringify(depends), 'buffer');
  return { scope: `${useCase} ${userId}`, key, requestHash };
}

/** Whether a batch failed only because one of its attempts was decided before. */
export function breaksOnKeys(error: unknown): boolean {
  return brokenConstraint(error) === 'idempotency_pkey';
}

export async function recall(store: Recalling, requests: readonly Request[]): Promise<Known> {
  return knowing(await store.decisions(requests.flatMap(({ attempt }) => attempt ?? [])));
}

function knowing(before: readonly Decision[]): Known {
  return {
    follow() {
      const known = new Map(before.map((decision) => [idOf(decision), decision]));
      const made: Made[] = [];
      return {
        made,
        outcomeOf({ attempt, eventId }, decide) {
          if (!attempt) return decide();
          const decision = known.get(idOf(attempt));
          if (decision) return isSame(decision, attempt) ? toOutcome(decision) : { refused: keyReused() };
          const outcome = decide();
          const decided = toDecision(attempt, outcome);
          known.set(idOf(attempt), decided);
          made.push({ ...decided, eventId });
          return outcome;
        },
      };
    },
  };
}

export function idOf({ scope, key }: Attempt): string {
  return `${scope} ${key}`;
}

function isSame(decision: Decision, { requestHash }: Attempt): boolean {
  return decision.requestHash.equals(requestHash);
}

function toDecision(attempt: Attempt, outcome: Decided): Decision {
  if ('kind' in outcome) return { ...attempt, answer: JSON.stringify(toldOf(outcome)) };
  if (!('refused' in outcome)) return attempt;
  const { code, message: text, kind, details } = outcome.refused;
  return { ...attempt, refused: { code, text }, answer: JSON.stringify({ kind, details }) };
}

function toldOf({ seats, order, reason }: Change): Told {
  if (order) return { orderId: order.id };
  const [first] = seats;
  if (first?.state !== 'held') return {};
  const { holdId, heldSince, heldUntil } = first;
  const numbers = seats.map(({ number }) => number);
  return {
    holdId,
    seats: numbers,
    heldSince: heldSince.toString(),
    heldUntil: heldUntil.toString(),
    ...(reason !== undefined && { reason }),
  };
}

function toOutcome({ refused, answer }: Decision): Decided {
  const told = answer === undefined ? {} : JSON.parse(answer);
  if (!refused) return { seats: [], told };
  return { refused: new Refusal(told.kind ?? 'rule', refused.code, refused.text, { details: told.details }) };
}

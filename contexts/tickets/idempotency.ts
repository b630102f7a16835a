import { createHash } from 'node:crypto';
import { keyReused, Refusal } from '@ticketbuddy/errors';
import type { Transact } from '@ticketbuddy/postgres';
import type { Outcome, Selection } from './seat.ts';
import { type Attempt, claimAttempts, type Decision, noteRefused } from './store-idempotency.ts';
import type { DB } from './tables.gen.ts';

export type Decisions = {
  /** What was decided before under the selection's key, or else what `decide` says now. */
  outcomeOf(selection: Selection, decide: () => Outcome): Outcome;
  /** Writes down what is to be told again; what was granted is written down already. */
  keep(): Promise<void>;
};

/** The selection as an attempt at `useCase` that the client marked with `key`, if it did. */
export function withAttempt(selection: Selection, useCase: string, key: string | undefined): Selection {
  if (key === undefined) return selection;
  const { eventId, userId, seatIds } = selection;
  const requestHash = createHash('sha256')
    .update(JSON.stringify([eventId, userId, seatIds]))
    .digest();
  return { ...selection, attempt: { scope: `${useCase} ${userId}`, key, requestHash } };
}

/**
 * What was decided before on selections that carry an attempt. To be called before anything else is locked: of two
 * processes that have the same attempt one waits here for the other.
 */
export async function recall(
  tx: Transact<DB>,
  selections: readonly Selection[],
  now: Temporal.Instant,
): Promise<Decisions> {
  const attempts = new Map(selections.flatMap(({ attempt }) => (attempt ? [[idOf(attempt), attempt] as const] : [])));
  const before = attempts.size === 0 ? [] : await claimAttempts(tx, [...attempts.values()], now);
  const known = new Map(before.map((decision) => [idOf(decision), decision]));
  const refused: Decision[] = [];
  return {
    outcomeOf({ attempt }, decide) {
      if (!attempt) return decide();
      const decision = known.get(idOf(attempt));
      if (decision) return isSame(decision, attempt) ? toOutcome(decision) : { refused: keyReused() };
      const outcome = decide();
      const decided = toDecision(attempt, outcome);
      known.set(idOf(attempt), decided);
      if (decided.refused) refused.push(decided);
      return outcome;
    },
    async keep() {
      if (refused.length > 0) await noteRefused(tx, refused);
    },
  };
}

function idOf({ scope, key }: Attempt): string {
  return `${scope} ${key}`;
}

function isSame(decision: Decision, { requestHash }: Attempt): boolean {
  return decision.requestHash.equals(requestHash);
}

function toDecision(attempt: Attempt, outcome: Outcome): Decision {
  if (!('refused' in outcome)) return attempt;
  return { ...attempt, refused: { code: outcome.refused.code, text: outcome.refused.message } };
}

function toOutcome({ refused }: Decision): Outcome {
  return refused ? { refused: new Refusal('rule', refused.code, refused.text) } : { seats: [] };
}

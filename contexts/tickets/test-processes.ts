import { createDatabase } from '@ticketbuddy/postgres/database';
import { holding } from './hold-seats.ts';
import { attemptOf } from './idempotency.ts';
import type { Decided, Request } from './request.ts';
import { openSales, type Sales } from './sales.ts';
import type { DB } from './tables.gen.ts';
import type { BoxOffice } from './test-box-office.ts';
import { anEvent } from './test-builders.ts';

export const limits = { seatsPerBuyerMax: 10, holdMinutesMax: 30 };

/** The sales of so many processes that sell the same events. */
export function processesOf({ pool, clock }: BoxOffice): [Sales, Sales, Sales] {
  const open = () => openSales({ db: createDatabase<DB>(pool), clock });
  return [open(), open(), open()];
}

/** What a user wants to hold at the event that `anEvent` tells of; with a key it may be asked again. */
export function hold(userId: string, seats: readonly number[], key?: string): Request {
  const eventId = anEvent().id;
  const attempt = key === undefined ? undefined : attemptOf('hold v2', userId, key, seats);
  return holding({ eventId, userId, seats, attempt }, limits);
}

/** What somebody was told: the hold or order, or why not. */
export function told(decided: Decided | undefined): string {
  if (!decided) return 'nothing';
  if ('refused' in decided) return decided.refused.code;
  return 'told' in decided ? `told again: ${decided.told.orderId ?? decided.told.holdId}` : decided.kind;
}

export function holdIdOf(decided: Decided): string {
  if ('kind' in decided && decided.seats[0]?.state === 'held') return decided.seats[0].holdId;
  throw new Error(`it is no hold: ${told(decided)}`);
}

/** Why seats were refused, as the answer says it. */
export function reasonOf(decided: Decided): unknown {
  return 'refused' in decided ? decided.refused.details : undefined;
}

import type { Deps } from '@ticketbuddy/runtime';
import type { HoldLimits } from './hold-seats.ts';
import type { SalesOptions } from './sales.ts';
import type { DB } from './tables.gen.ts';

/** Settings of the box office, whole numbers. */
export const numbers = {
  /** How many seats of an event one buyer may hold and own, on v2. */
  SEATS_PER_BUYER_MAX: { default: 10, least: 1, most: 1_000_000 },
  /** How long one buyer can keep seats without buying them, on v2. */
  HOLD_MINUTES_MAX: { default: 30, least: 15, most: 1_440 },
  /** How many requests are decided in one transaction at most. */
  SELLING_BATCH_MAX: { default: 256, least: 1, most: 1_000 },
  /** A request that would have to wait longer than that is refused with 503 when it comes. */
  SELLING_WAIT_MS_MAX: { default: 5_000, least: 10, most: 60_000 },
};

export function limitsOf(deps: Deps<DB>): HoldLimits {
  return {
    seatsPerBuyerMax: settingOf(deps, 'SEATS_PER_BUYER_MAX'),
    holdMinutesMax: settingOf(deps, 'HOLD_MINUTES_MAX'),
  };
}

export function salesOptionsOf(deps: Deps<DB>): SalesOptions {
  return { largestBatch: settingOf(deps, 'SELLING_BATCH_MAX'), waitMsMax: settingOf(deps, 'SELLING_WAIT_MS_MAX') };
}

function settingOf({ numbers: set = {} }: Deps<DB>, name: keyof typeof numbers): number {
  return set[name] ?? numbers[name].default;
}

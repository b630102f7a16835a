import type { Limits } from './upstream.ts';

/** What comparing may cost. All of it may be changed while it runs. */
export type Budget = Limits & {
  /** Of the reads, those that are compared; 0 to 100. */
  readonly percent: number;
  /** Of those, the ones for which the control is asked a second time; 0 to 100. */
  readonly twicePercent: number;
  readonly queueMax: number;
  /** Of the answers that wait or are being compared. */
  readonly heldBytesMax: number;
  readonly inFlightMax: number;
  /** How often a read is asked for, while what it shows moves. */
  readonly triesMax: number;
};

export const usualBudget: Budget = {
  percent: 100,
  twicePercent: 5,
  queueMax: 1_000,
  heldBytesMax: 64 * 1024 * 1024,
  inFlightMax: 64,
  triesMax: 3,
  askMs: 2_000,
  bodyBytesMax: 1024 * 1024,
};

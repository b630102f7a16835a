import { noteAct } from '@ticketbuddy/cutover';
import type { OpenTakeover } from './open-takeover.ts';

/** Writes into the journal what somebody has had done, or what was seen of a unit. */
export function note({ takeover }: OpenTakeover, act: string, evidence: unknown = null): Promise<void> {
  const { plan, places } = takeover;
  return noteAct(places.next.pool, { unit: plan.unit, act, evidence });
}

import { type Place as Followed, readCheckpoint } from '@ticketbuddy/backfill';
import { lag, type Unit } from '@ticketbuddy/change-stream';
import { readFence, type Side } from '@ticketbuddy/cutover';
import { type Report, type Rules, readReport, type Verdict, verdict } from '@ticketbuddy/shadow';
import type pg from 'pg';
import { schema } from './schema.ts';
import { isShadowOn, isThere } from './store-shares.ts';
import { otherSide, streamOf, type Takeover } from './takeover.ts';

const secondsMax = 2;
const noRules: Rules = { ignore: [], arrays: [] };

/** What the answers of the side `to` are compared by, with those of the owner. */
export type ShadowOf = {
  readonly source: pg.Pool;
  readonly target: pg.Pool;
  readonly unit: Unit;
  readonly place: Followed;
  readonly rules: Rules;
};

export function shadowOf({ plan, places }: Takeover, to: Side): ShadowOf {
  const unit = streamOf(plan, to);
  return {
    source: places[otherSide(to)].pool,
    target: places[to].pool,
    unit,
    place: { schema, unit: unit.name },
    rules: plan.shadowRules ?? noRules,
  };
}

/** The side that does not own the unit; while nobody does, that is the new system. */
export async function candidateOf({ plan, places }: Takeover): Promise<Side> {
  return (await readFence(places.next.pool, plan.unit))?.owner === 'next' ? 'legacy' : 'next';
}

/** What all gateways have seen of the side `to` so far. Without any, an empty report. */
export async function shadowReport(takeover: Takeover, to: Side): Promise<Report> {
  const { target, place, rules } = shadowOf(takeover, to);
  const now = Temporal.Now.instant();
  if (await isThere(target, `${schema}.shadow_counts`)) return readReport(target, place, now, rules);
  return { at: now, endpoints: [], groups: [], expiredRules: [], unusedRules: [], lastComparedAt: undefined };
}

/** Whether the side `to` has applied what the owner wrote until two seconds ago. */
export async function isNear(takeover: Takeover, to: Side): Promise<boolean> {
  const { source, target, unit, place } = shadowOf(takeover, to);
  const checkpoint = await readCheckpoint(target, place);
  if (!checkpoint) return false;
  return (await lag(source, unit, checkpoint, secondsMax)).state === 'following';
}

/**
 * The gate of the answers. On the way to the new system it throws why they do not prove enough. The way back is never closed by
 * them: whoever takes a broken system out of service does so because its answers are wrong.
 */
export async function lookAtShadow(takeover: Takeover, to: Side): Promise<string> {
  const report = await shadowReport(takeover, to);
  const { plan, places } = takeover;
  if (report.endpoints.length === 0 && !(await isShadowOn(places.next.pool, plan.unit)))
    return 'no gateway mirrors reads: set SHADOW_PERCENT';
  const found = verdict(report);
  if (found.verdict === 'clean') return `${comparisons(report)} answers compared, none differs`;
  if (to === 'legacy') return `${told(found)}; the way back does not depend on it`;
  throw new Error(`${told(found)}: see \`migrate shadow report\``);
}

function told({ verdict: name, reasons }: Verdict): string {
  return [name, ...reasons].join('; ');
}

function comparisons({ endpoints }: Report): number {
  return endpoints.reduce((all, { mirrored }) => all + mirrored, 0);
}

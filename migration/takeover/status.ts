import { countRejects, type Progress, progress, readCheckpoint } from '@ticketbuddy/backfill';
import { type Lag, lag } from '@ticketbuddy/change-stream';
import { type Fence, readFence, type Side } from '@ticketbuddy/cutover';
import { gates } from './gates.ts';
import type { Gate } from './needs.ts';
import { schema } from './schema.ts';
import { edgesAlive } from './store.ts';
import { otherSide, streamOf, type Takeover } from './takeover.ts';

export type WayStatus = {
  readonly to: Side;
  /** Unset: it has not begun, or its source does not answer. */
  readonly lag: Lag | undefined;
  readonly rejects: number;
  /** In ms, as `throttle` has set it; unset: the copy does not give way. */
  readonly probeMsMax: number | undefined;
};

/** How a unit stands at this moment. */
export type Status = {
  readonly unit: string;
  /** As each database says. */
  readonly owners: Readonly<Record<Side, Fence | undefined>>;
  readonly ways: readonly WayStatus[];
  readonly copy: readonly Progress[];
  readonly gateways: readonly string[];
  /** Towards the side that does not own the unit. */
  readonly gatesTo: Side;
  readonly gates: readonly Gate[];
};

/** Looks at everything; changes nothing. */
export async function status(takeover: Takeover): Promise<Status> {
  const { plan, places } = takeover;
  const [legacy, next] = [await readFence(places.legacy.pool, plan.unit), await readFence(places.next.pool, plan.unit)];
  const owners = { legacy, next };
  const gatesTo = next?.owner === 'next' ? 'legacy' : 'next';
  const isBegun = next !== undefined;
  return {
    unit: plan.unit,
    owners,
    ways: isBegun ? [await wayStatus(takeover, 'next'), await wayStatus(takeover, 'legacy')] : [],
    copy: isBegun
      ? await progress(places.next.pool, { schema, unit: streamOf(plan, 'next').name }).catch(() => [])
      : [],
    gateways: isBegun ? await edgesAlive(places.next.pool, plan.unit) : [],
    gatesTo,
    gates: await gates(takeover, gatesTo),
  };
}

const secondsMax = 2;

async function wayStatus({ plan, places }: Takeover, to: Side): Promise<WayStatus> {
  const [source, unit] = [places[otherSide(to)].pool, streamOf(plan, to)];
  const place = { schema, unit: unit.name };
  try {
    const checkpoint = await readCheckpoint(places[to].pool, place);
    const rejects = await countRejects(places[to].pool, place);
    return {
      to,
      lag: checkpoint && (await lag(source, unit, checkpoint, secondsMax)),
      rejects: rejects.reduce((sum, table) => sum + table.rejects, 0),
      probeMsMax: checkpoint?.probeMsMax,
    };
  } catch {
    return { to, lag: undefined, rejects: 0, probeMsMax: undefined };
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  beginMove,
  conduct,
  endMove,
  fenceOldOwner,
  lastMove,
  type Mark,
  type Move,
  type Outcome,
  readFence,
  type Side,
  walk,
} from '@ticketbuddy/cutover';
import { conflict } from '@ticketbuddy/errors';
import type pg from 'pg';
import { proveHearing } from './hear-messages.ts';
import { isHeeding } from './hearing.ts';
import { unfinishedMove } from './store.ts';
import { stepsTo, warmUp } from './switch-steps.ts';
import { otherSide, type Takeover } from './takeover.ts';
import type { UnitSwitch } from './unit-step.ts';
import { tellUntold } from './untold.ts';

export type SwitchOptions = {
  /** Hears of each step that is begun and done. */
  readonly onMark?: (mark: Mark) => void;
};

// Longer than all the steps before the new owner is open should ever take together.
const moveMsMax = 10_000;
const waitMsMax = 1_000;

/** What a move is begun as. */
export type Begun = { readonly to: Side; readonly epoch: number; readonly deadline: string };

/**
 * Moves the unit to the side `to`, or undoes what was begun of that; a move that was left before is brought to its end
 * first. Throws a conflict while somebody else moves it, and when `to` is the owner already; and what keeps the unit's messages
 * from being heard, before anybody has to wait.
 */
export async function switchUnit(takeover: Takeover, to: Side, options: SwitchOptions = {}): Promise<Outcome> {
  const { plan, places } = takeover;
  const outcome = await patiently(takeover, async (client) => {
    await finishLast(takeover, client, options);
    const fence = await readFence(places[otherSide(to)].pool, plan.unit);
    if (fence?.owner !== otherSide(to))
      throw conflict('owner_differs', `The owner of ${plan.unit} is ${fence?.owner ?? 'nobody'}`);
    if (to === 'next' && isHeeding(takeover)) await proveHearing(takeover);
    await warmUp({ takeover, to });
    const deadline = Temporal.Now.instant().add({ milliseconds: moveMsMax });
    const begun: Begun = { to, epoch: fence.epoch, deadline: deadline.toString() };
    return go(takeover, client, await beginMove(client, plan.unit, begun), options);
  });
  if (outcome === undefined) throw conflict('is_moved', `Somebody else is moving ${plan.unit}`);
  return outcome;
}

const patienceMs = 3_000;
const lookEveryMs = 50;

// Whoever looks whether there is something to finish conducts for a moment, too.
async function patiently<R>(
  { plan, places }: Takeover,
  work: (client: pg.PoolClient) => Promise<R>,
): Promise<R | undefined> {
  for (const until = performance.now() + patienceMs; ; await sleep(lookEveryMs)) {
    const result = await conduct(places.next.pool, plan.unit, work);
    if (result !== undefined || performance.now() > until) return result;
  }
}

/**
 * Brings a move to its end that was begun and left by whoever died, or was gone on with by him after it had been turned back;
 * `undefined` when there is none, or somebody is at it.
 */
export async function resumeSwitch(takeover: Takeover, options: SwitchOptions = {}): Promise<Outcome | undefined> {
  const { plan, places } = takeover;
  if (!(await unfinishedMove(places.next.pool, plan.unit)) && !(await isWithoutOwner(takeover))) return undefined;
  return conduct(places.next.pool, plan.unit, (client) => finishLast(takeover, client, options));
}

// A database that is away is looked at again, and keeps nobody from what else there is to do.
async function isWithoutOwner({ plan, places }: Takeover): Promise<boolean> {
  const reading = [places.legacy, places.next].map(({ pool }) => readFence(pool, plan.unit).catch(() => undefined));
  return (await Promise.all(reading)).some((fence) => fence?.owner === 'moving');
}

async function finishLast(
  takeover: Takeover,
  client: pg.PoolClient,
  options: SwitchOptions,
): Promise<Outcome | undefined> {
  const last = await lastMove(client, takeover.plan.unit);
  if (last?.end === 'undone') return undoLateFence(takeover, client, last);
  return last && last.end === undefined ? go(takeover, client, last, options) : undefined;
}

// Whoever was taken for dead may still do the one statement that he had come to. In a database without his lock nothing stops it.
async function undoLateFence(
  takeover: Takeover,
  client: pg.PoolClient,
  { what, record }: Move,
): Promise<Outcome | undefined> {
  const context = contextOf(takeover, client, what as Begun);
  const fence = await readFence(context.databases[context.from], context.unit);
  if (fence?.owner !== 'moving') return undefined;
  await fenceOldOwner.undo?.(context);
  await record.mark({
    step: fenceOldOwner.name,
    what: 'undone',
    evidence: 'it came after the move had been turned back',
  });
  return 'undone';
}

async function go(
  takeover: Takeover,
  client: pg.PoolClient,
  { what, record }: Move,
  { onMark = () => undefined }: SwitchOptions,
): Promise<Outcome> {
  const context = contextOf(takeover, client, what as Begun);
  const isOverdue = async () => Temporal.Instant.compare(Temporal.Now.instant(), context.deadline) > 0;
  const outcome = await walk({ steps: stepsTo(context.to), context, record, isOverdue, onMark });
  await endMove(client, takeover.plan.unit, outcome);
  return outcome;
}

export function contextOf(takeover: Takeover, conductor: pg.PoolClient, { to, epoch, deadline }: Begun): UnitSwitch {
  return {
    takeover,
    unit: takeover.plan.unit,
    from: otherSide(to),
    to,
    epoch,
    databases: { legacy: takeover.places.legacy.pool, next: takeover.places.next.pool },
    conductor,
    deadline: Temporal.Instant.from(deadline),
    waitMsMax,
    ...(to === 'next' && isHeeding(takeover) && { uponOpening: (tx) => tellUntold(tx, takeover.plan, epoch) }),
  };
}

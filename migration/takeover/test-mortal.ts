import { beginMove, conduct, endMove, type Outcome, type Side, type Step, walk } from '@ticketbuddy/cutover';
import { switchSteps } from './switch-steps.ts';
import { type Begun, contextOf } from './switch-unit.ts';
import type { Takeover } from './takeover.ts';
import type { UnitSwitch } from './unit-step.ts';

class Killed extends Error {}

export type MortalMove = {
  readonly to: Side;
  /** In which the unit has its owner now. */
  readonly epoch: number;
  /** At which of the points at which a process may die it dies. */
  readonly point: number;
  readonly secondsLeft?: number;
};

/** Moves until the `point`th point at which a process may die. */
export async function conductUntil(takeover: Takeover, move: MortalMove): Promise<Outcome | 'killed'> {
  const { to, epoch, secondsLeft = 10 } = move;
  const { plan, places } = takeover;
  let passed = 0;
  const point = () => {
    passed += 1;
    if (passed >= move.point) throw new Killed();
  };
  const deadline = Temporal.Now.instant().add({ seconds: secondsLeft }).toString();
  const begun: Begun = { to, epoch, deadline };
  try {
    const outcome = await conduct(places.next.pool, plan.unit, async (client) => {
      const { record } = await beginMove(client, plan.unit, begun);
      const mark: typeof record.mark = (...made) => around(point, () => record.mark(...made));
      const steps = switchSteps.map((step) => mortal(step, point));
      const outcome = await walk({ steps, context: contextOf(takeover, begun), record: { ...record, mark } });
      await around(point, () => endMove(client, plan.unit, outcome));
      return outcome;
    });
    return outcome ?? (await conductUntil(takeover, move));
  } catch (error) {
    if (error instanceof Killed) return 'killed';
    throw error;
  }
}

function mortal(step: Step<UnitSwitch>, point: () => void): Step<UnitSwitch> {
  return { ...step, do: (context, signal) => around(point, () => step.do(context, signal)) };
}

async function around<R>(point: () => void, act: () => Promise<R>): Promise<R> {
  point();
  const result = await act();
  point();
  return result;
}

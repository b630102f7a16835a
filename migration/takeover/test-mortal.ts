import { beginMove, conduct, endMove, type Mark, type Outcome, type Side, type Step, walk } from '@ticketbuddy/cutover';
import { Killed } from '@ticketbuddy/testing';
import { stepsTo } from './switch-steps.ts';
import { type Begun, contextOf } from './switch-unit.ts';
import type { Takeover } from './takeover.ts';
import type { UnitSwitch } from './unit-step.ts';

export type MortalMove = {
  readonly to: Side;
  /** In which the unit has its owner now. */
  readonly epoch: number;
  /** At which of the points at which a process may die it dies. */
  readonly point: number;
  readonly secondsLeft?: number;
};

/** Moves until the `point`th point at which a process may die. */
export async function conductUntil(
  takeover: Takeover,
  move: MortalMove,
): Promise<Outcome | { readonly killed: string }> {
  const { to, epoch, secondsLeft = 10 } = move;
  const { plan, places } = takeover;
  let passed = 0;
  let at = '';
  const point: Point = (where) => {
    passed += 1;
    if (passed === move.point) at = where;
    if (passed >= move.point) throw new Killed();
  };
  const deadline = Temporal.Now.instant().add({ seconds: secondsLeft }).toString();
  const begun: Begun = { to, epoch, deadline };
  try {
    const outcome = await conduct(places.next.pool, plan.unit, async (client) => {
      const { record } = await beginMove(client, plan.unit, begun);
      const mark: typeof record.mark = (...made) => around(point, noteOf(made), () => record.mark(...made));
      const steps = stepsTo(to).map((step) => mortal(step, point));
      const outcome = await walk({ steps, context: contextOf(takeover, client, begun), record: { ...record, mark } });
      await around(point, 'noting its end', () => endMove(client, plan.unit, outcome));
      return outcome;
    });
    return outcome ?? (await conductUntil(takeover, move));
  } catch (error) {
    if (error instanceof Killed) return { killed: at };
    throw error;
  }
}

type Point = (where: string) => void;

function mortal(step: Step<UnitSwitch>, point: Point): Step<UnitSwitch> {
  return { ...step, do: (context, signal) => around(point, step.name, () => step.do(context, signal)) };
}

function noteOf(made: readonly Mark[]): string {
  const { step, what } = made.at(-1) as Mark;
  return `noting that ${step} is ${what}${made.length > 1 ? ', and what came before' : ''}`;
}

async function around<R>(point: Point, what: string, act: () => Promise<R>): Promise<R> {
  point(`before ${what}`);
  const result = await act();
  point(`after ${what}`);
  return result;
}

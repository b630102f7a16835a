import type { Random } from './random.ts';

/** Decides what happens next of all that could. Nothing happens by itself, and no time passes but here. */
export type Scheduler = {
  /** Lets `step` happen at some moment from now on; no promise of the sale may be settled in it. */
  later(step: () => void): void;
  /** The same of a step that settles promises. */
  tellLater(step: () => void): void;
  /** Lets one thing happen, and all that follows from it at once. Answers whether there was any. */
  advance(): Promise<boolean>;
  /** How much has happened. */
  readonly happened: number;
  /** In milliseconds: as the clock on the wall would show it, and as it has passed. */
  readonly time: { wallMs: number; elapsedMs: number };
};

// 1 June 2026 at noon.
const noonMs = 1_780_315_200_000;
// So many of a hundred are put off until much else has happened.
const putOff = 0.02;
const takenUp = 0.01;

type Step = { readonly run: () => void; readonly tells: boolean };

export function createScheduler(random: Random): Scheduler {
  const [soon, late]: [Step[], Step[]] = [[], []];
  const time = { wallMs: noonMs, elapsedMs: 0 };
  let happened = 0;
  return {
    time,
    get happened() {
      return happened;
    },
    later: (run) => add({ run, tells: false }),
    tellLater: (run) => add({ run, tells: true }),
    async advance() {
      // What was asked meanwhile has not been heard yet.
      if (soon.length + late.length === 0) await followed();
      const step = takeOne(soon.length === 0 || (late.length > 0 && random.chance(takenUp)) ? late : soon, random);
      happened += 1;
      const ms = random.below(3);
      time.wallMs += ms;
      time.elapsedMs += ms;
      step?.run();
      if (step?.tells) await followed();
      return step !== undefined;
    },
  };

  function add(step: Step): void {
    (random.chance(putOff) ? late : soon).push(step);
  }
}

function takeOne(steps: Step[], random: Random): Step | undefined {
  if (steps.length === 0) return undefined;
  const nth = random.below(steps.length);
  const step = steps[nth];
  const last = steps.pop();
  if (last && nth < steps.length) steps[nth] = last;
  return step;
}

// Node looks at its next ticks only when no promise is left that could go on.
function followed(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

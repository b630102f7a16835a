import fc from 'fast-check';
import type { Buyer } from './test-builders.ts';

/** Days at the box office: what is asked for, step by step. What is in one step starts together. */
export type Plan = readonly Step[];

export type Step = {
  readonly together: readonly Operation[];
  /** How far the clock moves on, once it was looked at so often, at the latest when the step is over. */
  readonly minutes: number;
  readonly afterLooks: number;
};

export type Operation =
  | { readonly act: 'reserve' | 'buy'; readonly batch: readonly Wish[] }
  /** A version always means the same: redelivered, it is a duplicate. */
  | { readonly act: 'announce'; readonly show: Show; readonly version: number };

export type Show = 'matinee' | 'evening';
export type Wish = { readonly buyer: Buyer; readonly show: Show; readonly seats: readonly SeatName[] };
export type SeatName = number | 'one of another show' | 'one that nobody has';

const plainObject = { noNullPrototype: true };
const show = often<Show>('evening', 4, 'matinee');
const buyer = fc.constantFrom<Buyer[]>('ann', 'bob', 'cem', 'dua', 'eve');
const seat: fc.Arbitrary<SeatName> = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 10 }), weight: 20 },
  { arbitrary: fc.constantFrom<SeatName[]>('one of another show', 'one that nobody has'), weight: 1 },
);
const wish = fc.record({ buyer, show, seats: fc.array(seat, { maxLength: 4 }) }, plainObject);
const version = fc.integer({ min: 1, max: 9 });
const batch = fc.array(wish, { minLength: 1, maxLength: 4 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: fc.record({ act: fc.constant('reserve'), batch }, plainObject), weight: 5 },
  { arbitrary: fc.record({ act: fc.constant('buy'), batch }, plainObject), weight: 3 },
  { arbitrary: fc.record({ act: fc.constant('announce'), show, version }, plainObject), weight: 2 },
);

const step: fc.Arbitrary<Step> = fc.record(
  {
    together: fc.array(operation, { minLength: 1, maxLength: 6 }),
    minutes: fc.constantFrom(0, 0, 1, 14, 15, 16),
    afterLooks: fc.integer({ min: 1, max: 6 }),
  },
  plainObject,
);

export const plan: fc.Arbitrary<Plan> = fc.array(step, { minLength: 1, maxLength: 6 });

/** The plan as one would tell it, a line a step. */
export function tell(steps: Plan): string {
  return steps.map((step, nth) => `  ${nth + 1}. ${tellStep(step)}`).join('\n');
}

function tellStep({ together, minutes, afterLooks }: Step): string {
  const clock = minutes === 0 ? '' : `; after ${afterLooks} looks the clock moves on by ${minutes} min`;
  return `together: ${together.map(tellOperation).join(' | ')}${clock}`;
}

function tellOperation(operation: Operation): string {
  if (operation.act === 'announce') return `${operation.show} is announced in version ${operation.version}`;
  const { act, batch } = operation;
  return batch
    .map(({ buyer, show, seats }) => `${buyer} wants to ${act} seats ${seats.join(', ') || 'none'} of the ${show}`)
    .join(' & ');
}

function often<T>(common: T, weight: number, rare: T): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(common), weight }, { arbitrary: fc.constant(rare), weight: 1 });
}

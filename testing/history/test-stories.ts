import type { Entry, Shown } from './history.ts';
import type { Message } from './tap.ts';
import { aStory, idOf, rowOf } from './test-history.ts';
import type { Fault } from './verdict.ts';

export type Ending = {
  readonly entries: readonly Entry[];
  readonly rows: readonly Shown[];
  readonly next?: readonly Shown[];
  readonly messages?: readonly Message[];
  readonly toldUntil?: number;
};

export type Planted = { readonly what: string; readonly faults: readonly Fault[]; readonly story: () => Ending };

type Story = ReturnType<typeof aStory>;
export type Create = ReturnType<Story['aCreate']>;

/** An event was made; with its row unless told otherwise. */
export function afterCreate(end: (create: Create, story: Story) => Partial<Ending>): Ending {
  const story = aStory();
  const create = story.aCreate({ from: 0, to: 10 });
  return { entries: [create], rows: [rowOf(create)], ...end(create, story) };
}

/** An event was made and then changed; with its row unless told otherwise. */
export function afterChange(end: (create: Create, change: Create, story: Story) => Partial<Ending>): Ending {
  const story = aStory();
  const [create, change] = [story.aCreate({ from: 0, to: 10 }), story.aChange({ from: 20, to: 30 })];
  return { entries: [create, change], rows: [rowOf(change)], ...end(create, change, story) };
}

/** A row that is not of the traffic. */
export function someOther(): Shown {
  return { ...rowOf(aStory().aCreate({ from: 0, to: 1 })), id: idOf(9), name: 'Rock Night' };
}

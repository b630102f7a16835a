import { aStory, idOf, rowOf } from './test-history.ts';
import { afterChange, afterCreate, type Create, type Planted, someOther } from './test-stories.ts';

/** What answers and rows can show that is wrong, and what it is called. */
export const rowFaults: readonly Planted[] = [
  { what: 'an acknowledged event without a row', faults: ['lost'], story: () => afterCreate(() => ({ rows: [] })) },
  {
    what: 'an acknowledged change that never arrived',
    faults: ['stale'],
    story: () => afterChange((create) => ({ rows: [rowOf(create)] })),
  },
  {
    what: 'a change that had been read and was undone',
    faults: ['resurrected'],
    story: () =>
      afterChange((create, change, { aRead }) => ({
        entries: [create, change, aRead(change, { from: 40, to: 50 })],
        rows: [rowOf(create)],
      })),
  },
  {
    what: 'a read from an old copy, and not the right one after it',
    faults: ['stale'],
    story: () =>
      afterChange((create, change, { aRead }) => ({
        entries: [create, change, aRead(create, { from: 40, to: 50 }), aRead(change, { from: 60, to: 70 })],
      })),
  },
  {
    what: 'a read that shows what came before a read without a write between them',
    faults: ['resurrected'],
    story: () =>
      afterChange((create, change, { aRead }) => ({
        entries: [create, change, aRead(change, { from: 21, to: 22 }), aRead(create, { from: 23, to: 24 })],
      })),
  },
  {
    what: 'a value that came back, though the newer one is only being read for the second time',
    faults: ['resurrected'],
    story: () =>
      afterCreate((create, { aChange, aRead }) => {
        const [one, two] = [aChange({ from: 20, to: 40 }), aChange({ from: 30, to: 60 })];
        const reads = [aRead(two, { from: 32, to: 35 }), aRead(two, { from: 50, to: 70 })];
        const entries = [create, one, two, ...reads, aRead(one, { from: 65, to: 66 })];
        return { entries, rows: [rowOf(two)] };
      }),
  },
  {
    what: 'an event that a read no longer finds',
    faults: ['stale'],
    story: () => afterCreate((create, { aRead }) => ({ entries: [create, aRead(undefined, { from: 20, to: 30 })] })),
  },
  {
    what: 'an event that is not in a list',
    faults: ['stale'],
    story: () => afterCreate((create, { aList }) => ({ entries: [create, aList([], { from: 20, to: 30 })] })),
  },
  {
    what: 'an event that is in a list twice',
    faults: ['duplicated'],
    story: () =>
      afterCreate((create, { aList }) => ({ entries: [create, aList([create, create], { from: 20, to: 30 })] })),
  },
  {
    what: 'an event that was made twice by one request',
    faults: ['duplicated'],
    story: () => afterChange((create, change) => ({ rows: [rowOf(change), rowOf(create, { id: idOf(9) })] })),
  },
  {
    what: 'an event that was made twice by a request without an answer',
    faults: ['duplicated'],
    story: () => {
      const create = aStory().aCreate({ from: 0, to: 10, outcome: 'unknown' });
      return { entries: [create], rows: [rowOf(create), rowOf(create, { id: idOf(9) })] };
    },
  },
  {
    what: 'a write that shows in another event, too',
    faults: ['duplicated'],
    story: () => {
      const { aCreate } = aStory();
      const [one, other] = [1, 2].map((event) => aCreate({ event, from: 0, to: 10 })) as [Create, Create];
      return { entries: [one, other], rows: [rowOf(one), rowOf(one, { id: idOf(2) })] };
    },
  },
  {
    what: 'a list that cannot be read',
    faults: ['invented'],
    story: () =>
      afterCreate((create, { aList }) => {
        const list = aList([create], { from: 20, to: 30 });
        return { entries: [create, { ...list, shown: [{ ...rowOf(create), id: '', name: 'unreadable: <html>' }] }] };
      }),
  },
  {
    what: 'a refused change that shows',
    faults: ['ghost'],
    story: () =>
      afterCreate((create, { aChange }) => {
        const refused = aChange({ from: 20, to: 30, outcome: 'refused', isRightful: false });
        return { entries: [create, refused], rows: [rowOf(refused)] };
      }),
  },
  {
    what: 'a new event that was surely not made, and shows',
    faults: ['ghost'],
    story: () => {
      const failed = aStory().aCreate({ from: 0, to: 10, outcome: 'failed' });
      return { entries: [failed], rows: [rowOf(failed)] };
    },
  },
  {
    what: 'a value that nobody wrote',
    faults: ['invented'],
    story: () => afterCreate((create) => ({ rows: [rowOf(create, { name: 'Show s1 k1 w99' })] })),
  },
  {
    what: 'a value that was read before it was written',
    faults: ['invented'],
    story: () =>
      afterChange((create, change, { aRead }) => ({
        entries: [create, change, aRead(change, { from: 11, to: 19 })],
      })),
  },
  ...(['startsAt', 'endsAt', 'pence', 'venue'] as const).map(
    (member): Planted => ({
      what: `a row with the ${member} of another write`,
      faults: ['torn'],
      story: () =>
        afterChange((create, change) => ({
          rows: [rowOf(change, { [member]: member === 'venue' ? 3 : rowOf(create)[member] })],
        })),
    }),
  ),
  {
    what: 'a refusal of what keeps the rules',
    faults: ['refused'],
    story: () =>
      afterCreate((create, { aChange }) => ({
        entries: [create, aChange({ from: 20, to: 30, outcome: 'refused' })],
      })),
  },
  {
    what: 'a row of only one database',
    faults: ['differs'],
    story: () => afterCreate((create) => ({ rows: [rowOf(create)], next: [] })),
  },
  {
    what: 'a row of only the other database',
    faults: ['differs'],
    story: () => afterCreate((create) => ({ rows: [rowOf(create)], next: [rowOf(create), someOther()] })),
  },
  ...Object.entries({ name: 'x', startsAt: 'infinity', endsAt: 'infinity', venue: 6, pence: '102' }).map(
    ([member, value]): Planted => ({
      what: `another ${member} in the other database`,
      faults: ['differs'],
      story: () => afterCreate((create) => ({ rows: [rowOf(create)], next: [rowOf(create, { [member]: value })] })),
    }),
  ),
];

import { aStory, idOf, messageOf, rowOf } from './test-history.ts';
import { afterChange, afterCreate, type Planted } from './test-stories.ts';

/** What messages can show that is wrong, and what it is called. */
export const messageFaults: readonly Planted[] = [
  {
    what: 'a write that nothing tells of',
    faults: ['messages.missing'],
    story: () => afterChange((create) => ({ messages: [messageOf(create)] })),
  },
  {
    what: 'a write without an answer that was stored and never told, before it had to be',
    faults: ['messages.untold'],
    story: () =>
      afterChange((create, change, { aChange }) => {
        const unknown = aChange({ from: 40, to: 50, outcome: 'unknown' });
        return { entries: [create, change, unknown], rows: [rowOf(unknown)], toldUntil: 60 };
      }),
  },
  {
    what: 'a new event without an answer that was stored and never told',
    faults: ['messages.untold'],
    story: () => {
      const create = aStory().aCreate({ from: 0, to: 10, outcome: 'unknown' });
      return { entries: [create], rows: [rowOf(create)], toldUntil: 60 };
    },
  },
  {
    what: 'a write that stayed though another one was told last',
    faults: ['messages.untold'],
    story: () =>
      afterCreate((create, { aChange }) => {
        const [one, two] = [aChange({ from: 20, to: 40 }), aChange({ from: 30, to: 50 })];
        return { entries: [create, one, two], rows: [rowOf(one)], toldUntil: 60 };
      }),
  },
  {
    what: 'a write that is told again though none that overlapped it was told since',
    faults: ['messages.duplicated'],
    story: () => afterChange((create, change) => ({ messages: [create, change, change].map((one) => messageOf(one)) })),
  },
  {
    what: 'a write that is told twice',
    faults: ['messages.duplicated'],
    story: () => afterChange((create, change) => ({ messages: [create, change, create].map((one) => messageOf(one)) })),
  },
  {
    what: 'messages in another order than their writes',
    faults: ['messages.outOfOrder'],
    story: () => afterChange((create, change) => ({ messages: [messageOf(change), messageOf(create)] })),
  },
  {
    what: 'a message that others overtook, the last of them rightly',
    faults: ['messages.outOfOrder'],
    story: () =>
      afterChange((create, change, { aChange }) => {
        const [long, late] = [aChange({ from: 15, to: 100 }), aChange({ from: 40, to: 50 })];
        const entries = [create, change, long, late];
        return { entries, rows: [rowOf(late)], messages: [create, late, long, change].map((one) => messageOf(one)) };
      }),
  },
  {
    what: 'a message of a refused write',
    faults: ['messages.ghost'],
    story: () =>
      afterCreate((create, { aChange }) => {
        const refused = aChange({ from: 20, to: 30, outcome: 'refused', isRightful: false });
        return { entries: [create, refused], messages: [messageOf(create), messageOf(refused)] };
      }),
  },
  {
    what: 'a message of what nobody wrote',
    faults: ['messages.invented'],
    story: () =>
      afterCreate((create) => ({ messages: [messageOf(create), messageOf(create, { name: 'Show s1 k1 w99' })] })),
  },
  {
    what: 'a message with the price of another write',
    faults: ['messages.missing', 'messages.invented'],
    story: () =>
      afterChange((create, change) => ({
        messages: [messageOf(create), messageOf(change, { pence: rowOf(create).pence })],
      })),
  },
  {
    what: 'a message under an id that nobody was told',
    faults: ['messages.invented'],
    story: () => afterCreate((create) => ({ messages: [messageOf(create), messageOf(create, { id: idOf(9) })] })),
  },
  {
    what: 'a message that cannot be read',
    faults: ['messages.invented'],
    story: () =>
      afterCreate((create) => ({
        messages: [messageOf(create), messageOf(create, { id: '', name: '<xml>', isReadable: false })],
      })),
  },
];

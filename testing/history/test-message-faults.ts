import { idOf, messageOf, rowOf } from './test-history.ts';
import { afterChange, afterCreate, type Planted } from './test-stories.ts';

/** What messages can show that is wrong, and what it is called. */
export const messageFaults: readonly Planted[] = [
  {
    what: 'a write that nothing tells of',
    faults: ['messages.missing'],
    story: () => afterChange((create) => ({ messages: [messageOf(create)] })),
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

import { aStory, idOf, messageOf, rowOf } from './test-history.ts';
import { afterChange, afterCreate, type Ending, someOther } from './test-stories.ts';

/** What looks odd and is nobody's fault. */
export const allowedStories: readonly { readonly what: string; readonly story: () => Ending }[] = [
  { what: 'nothing', story: () => afterChange(() => ({})) },
  {
    what: 'either order of two changes that overlapped, in the row, the messages and the reads',
    story: () =>
      afterCreate((create, { aChange, aRead }) => {
        const [one, two] = [aChange({ from: 20, to: 40 }), aChange({ from: 30, to: 50 })];
        return {
          entries: [create, one, two, aRead(two, { from: 35, to: 39 }), aRead(one, { from: 60, to: 70 })],
          rows: [rowOf(one)],
          messages: [messageOf(create), messageOf(one), messageOf(two)],
        };
      }),
  },
  {
    what: 'a change that is told again behind another that overlapped it, since it stayed',
    story: () =>
      afterCreate((create, { aChange }) => {
        const [one, two] = [aChange({ from: 20, to: 40 }), aChange({ from: 30, to: 50 })];
        const messages = [create, one, two, one].map((each) => messageOf(each));
        return { entries: [create, one, two], rows: [rowOf(one)], messages, toldUntil: 60 };
      }),
  },
  {
    what: 'a write without an answer that was stored and not told, since then',
    story: () =>
      afterCreate((create, { aChange }) => {
        const unknown = aChange({ from: 40, to: 50, outcome: 'unknown' });
        return { entries: [create, unknown], rows: [rowOf(unknown)], messages: [messageOf(create)], toldUntil: 40 };
      }),
  },
  {
    what: 'a write without an answer that shows late, and is told',
    story: () =>
      afterChange((create, change, { aChange }) => {
        const unknown = aChange({ from: 12, to: 15, outcome: 'unknown' });
        return {
          entries: [create, change, unknown],
          rows: [rowOf(unknown)],
          messages: [create, change, unknown].map((one) => messageOf(one)),
        };
      }),
  },
  {
    what: 'a write without an answer that shows nowhere',
    story: () =>
      afterChange((create, change, { aChange }) => ({
        entries: [create, change, aChange({ from: 40, to: 50, outcome: 'unknown' })],
      })),
  },
  {
    what: 'a new event without an answer that shows in a list and in a row, and is told',
    story: () => {
      const { aCreate, aList } = aStory();
      const create = aCreate({ from: 0, to: 10, outcome: 'unknown' });
      const list = aList([create], { from: 20, to: 30 });
      return { entries: [create, list], rows: [rowOf(create)], messages: [messageOf(create)] };
    },
  },
  {
    what: 'a read without an answer',
    story: () =>
      afterCreate((create, { aRead }) => ({
        entries: [create, { ...aRead(undefined, { from: 20, to: 30 }), outcome: 'unknown' }],
      })),
  },
  {
    what: 'the same rows in both databases',
    story: () => afterCreate((create) => ({ rows: [rowOf(create)], next: [rowOf(create)] })),
  },
  {
    what: 'a refusal of what breaks the rules',
    story: () =>
      afterCreate((create, { aChange }) => ({
        entries: [create, aChange({ from: 20, to: 30, outcome: 'refused', isRightful: false })],
      })),
  },
  {
    what: 'zero, or nothing, where no price was named',
    story: () => {
      const { aCreate } = aStory();
      const creates = [1, 2].map((event) => aCreate({ event, from: 0, to: 10, pence: undefined }));
      const rows = creates.map((create, nth) => rowOf(create, { pence: nth === 0 ? '0' : null }));
      return { entries: creates, rows };
    },
  },
  {
    what: 'rows and messages of others',
    story: () =>
      afterCreate((create) => ({
        rows: [rowOf(create), someOther()],
        messages: [messageOf(create), messageOf(create, { id: idOf(9), name: 'Rock Night' })],
      })),
  },
];

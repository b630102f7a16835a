import { randomUUID } from 'node:crypto';
import type { Defect, Written } from './test-shop.ts';
import type { Fault } from './verdict.ts';

/** What a shop could get wrong, and the faults of which the judge must find one because of it. */
export const defects: readonly { readonly what: string; readonly faults: readonly Fault[]; readonly defect: Defect }[] =
  [
    {
      what: 'loses one change in seven',
      faults: ['stale'],
      defect: ({ update }) => {
        const isDue = every(7);
        return { update: async (event) => (isDue() ? undefined : update(event)) };
      },
    },
    {
      what: 'answers some new events and forgets to store them',
      faults: ['lost'],
      defect: ({ insert }) => {
        const isDue = every(3);
        return { insert: async (event) => (isDue() ? undefined : insert(event)) };
      },
    },
    {
      what: 'applies old changes late',
      faults: ['stale', 'resurrected'],
      defect: ({ update, find }) => {
        const [current, old] = [new Map<string, Written>(), new Map<string, Written>()];
        const isDue = every(5);
        return {
          update: async (event) => {
            await update(event);
            const before = current.get(event.id);
            if (before) old.set(event.id, before);
            current.set(event.id, event);
          },
          find: async (id) => {
            const found = await find(id);
            const before = old.get(id);
            if (before && isDue()) await update(before);
            return found;
          },
        };
      },
    },
    {
      what: 'makes some new events twice',
      faults: ['duplicated'],
      defect: ({ insert }) => {
        const isDue = every(3);
        return {
          insert: async (event) => {
            await insert(event);
            if (isDue()) await insert({ ...event, id: randomUUID() });
          },
        };
      },
    },
    {
      what: 'serves some reads from an old copy',
      faults: ['stale', 'resurrected'],
      defect: ({ find }) => {
        const copies = new Map<string, string | undefined>();
        const isDue = every(4);
        return {
          find: async (id) => {
            if (isDue() && copies.has(id)) return copies.get(id);
            const found = await find(id);
            if (!copies.has(id)) copies.set(id, found);
            return found;
          },
        };
      },
    },
    {
      what: 'refuses changes that it made',
      faults: ['ghost'],
      defect: () => {
        const isDue = every(9);
        return { answer: (status) => (status === 204 && isDue() ? 400 : status) };
      },
    },
    {
      what: 'stores a change with the price of another',
      faults: ['torn'],
      defect: ({ update }) => {
        const isDue = every(7);
        return { update: (event) => update(isDue() ? { ...event, Price: 4_321.09 } : event) };
      },
    },
    {
      what: 'does not tell of every write',
      faults: ['messages.missing'],
      defect: ({ publish }) => {
        const isDue = every(9);
        return { publish: async (event) => (isDue() ? undefined : publish(event)) };
      },
    },
    {
      what: 'tells of some writes twice',
      faults: ['messages.duplicated'],
      defect: ({ publish }) => {
        const isDue = every(9);
        return {
          publish: async (event) => {
            await publish(event);
            if (isDue()) await publish(event);
          },
        };
      },
    },
    {
      what: 'swaps two messages of an event',
      faults: ['messages.outOfOrder'],
      defect: ({ publish }) => {
        const held = new Map<string, Written>();
        const isDue = every(4);
        return {
          publish: async (event) => {
            const before = held.get(event.id);
            if (!before && isDue()) return void held.set(event.id, event);
            await publish(event);
            if (before) await publish(before);
            held.delete(event.id);
          },
        };
      },
    },
    {
      what: 'tells of changes that it refuses',
      faults: ['messages.ghost'],
      defect: () => {
        const isDue = every(9);
        return { answer: (status) => (status === 204 && isDue() ? 400 : status) };
      },
    },
    {
      what: 'tells another price than it stores',
      faults: ['messages.invented'],
      defect: ({ publish }) => {
        const isDue = every(9);
        return { publish: (event) => publish(isDue() ? { ...event, Price: 4_321.09 } : event) };
      },
    },
  ];

/** True at every `count`th call. */
function every(count: number): () => boolean {
  let calls = 0;
  return () => ++calls % count === 0;
}

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sales } from './sales.ts';
import { type SalesStore, salesStoreOf } from './sales-store.ts';
import { setSeatPolicy } from './store-sales.ts';
import { aBoxOfficePerTest, seatsAreMade } from './test-box-office.ts';
import { anEvent, idOf } from './test-builders.ts';
import { hold, told } from './test-processes.ts';

const openBoxOffice = aBoxOfficePerTest();
const eventId = anEvent().id;

test('a process that sells while it asks what is current does not read the whole house again', async () => {
  let sold = false;
  const { sales, loads } = await aProcess((store) => ({
    async standings(ids) {
      const standings = await store.standings(ids);
      if (!sold) {
        sold = true;
        await sales.decide(hold(idOf('ann'), [1]));
      }
      return standings;
    },
  }));
  const house = await sales.houses.current(eventId);
  expect([house?.get(1)?.state, loads()]).toEqual(['held', 1]);
});

test('a process that has to read a house anew goes on selling it meanwhile', async () => {
  let answer: string | undefined;
  const { sales, box } = await aProcess((store) => ({
    async load(id) {
      if (sales.houses.get(id) && answer === undefined) {
        answer = 'none yet';
        answer = told(await sales.decide(hold(idOf('bob'), [2])));
      }
      return store.load(id);
    },
  }));
  const old = await sales.houses.current(eventId);
  await seatsAreMade(box, eventId);
  const house = await sales.houses.current(eventId);
  expect([house === old, house?.get(2)?.state, answer]).toEqual([false, 'held', 'held']);
});

test('events that do not exist are asked for together, so that nobody waits for each of them', async () => {
  let asked = 0;
  const { sales, loads } = await aProcess((store) => ({
    standings(ids) {
      asked += 1;
      return store.standings(ids);
    },
  }));
  const nowhere = Array.from({ length: 50 }, () => ({ ...hold(idOf('ann'), [1]), eventId: randomUUID() }));
  const decided = await sales.decideAll([...nowhere, hold(idOf('bob'), [2])]);
  expect([loads(), told(decided[0]), told(decided[50])]).toEqual([1, 'event_unknown', 'held']);
  expect(asked).toBeLessThan(5);
});

test('a house of which only a part of the news is in the ledger is shown as it was until it is read anew', async () => {
  const { sales, box } = await aProcess(() => ({}));
  const house = await sales.houses.current(eventId);
  const before = house?.version ?? 0;
  const heard: number[] = [];
  house?.watch((numbers) => heard.push(...numbers));
  const other = new Sales({ store: salesStoreOf(box.deps.db), clock: box.clock });
  await other.decide(hold(idOf('bob'), [2]));
  await seatsAreMade(box, eventId);
  await other.decide(hold(idOf('cem'), [3]));
  const now = await sales.houses.current(eventId);
  expect([now?.version, now?.get(2)?.state, now?.get(3)?.state]).toEqual([before + 3, 'held', 'held']);
  expect([house?.version, heard]).toEqual([before, []]);
});

test('a house hears of another policy, and of what was sold before and after it, without being read anew', async () => {
  const { sales, box, loads } = await aProcess(() => ({}));
  const house = await sales.houses.current(eventId);
  const other = new Sales({ store: salesStoreOf(box.deps.db), clock: box.clock });
  await other.decide(hold(idOf('bob'), [2]));
  await setSeatPolicy(box.deps.db.query, eventId, false);
  await other.decide(hold(idOf('cem'), [3]));
  await sales.houses.current(eventId);
  expect([house?.leaveNoSingle, house?.get(2)?.state, house?.get(3)?.state, loads()]).toEqual([
    false,
    'held',
    'held',
    1,
  ]);
});

test('a house is not read anew for a policy that it has already', async () => {
  const { sales, box, loads } = await aProcess(() => ({}));
  await sales.houses.current(eventId);
  const isThere = await setSeatPolicy(box.deps.db.query, eventId, true);
  await sales.houses.current(eventId);
  expect([isThere, loads()]).toEqual([true, 1]);
});

/** A process that asks the database in a way of its own, and how often it has read all seats of an event. */
async function aProcess(way: (store: SalesStore) => Partial<SalesStore>) {
  const box = await openBoxOffice();
  await box.announce();
  const store = salesStoreOf(box.deps.db);
  let loads = 0;
  const load: SalesStore['load'] = (id) => {
    loads += 1;
    return store.load(id);
  };
  const counted = { ...store, load };
  const sales = new Sales({ store: { ...counted, ...way(counted) }, clock: box.clock });
  return { box, sales, loads: () => loads };
}

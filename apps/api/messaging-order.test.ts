import { type EventUpserted, eventUpsertedUrn } from '@ticketbuddy/contracts';

import { type Message, pruneInbox } from '@ticketbuddy/messaging';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import { ticketsModule } from '@ticketbuddy/tickets';
import { describe, expect, it } from 'vitest';
import { everyModule } from './modules.ts';

const five = { minutes: 5 };
const [ours, fast, slow] = [new FakeClock(), new FakeClock(), new FakeClock()];
fast.advance(five);
slow.advance({ minutes: -5 });

describe('whatever the clocks say', () => {
  it.each([
    { what: '5 minutes fast and then one 5 minutes slow', clocks: [fast, slow] },
    { what: '5 minutes slow and then one 5 minutes fast', clocks: [slow, fast] },
  ])('the newer version wins, told by a process whose clock is $what', async ({ clocks }) => {
    const told = await changesBy(clocks);
    for (const order of permutations(told.messages)) expect(await pricesAfter(order)).toEqual([told.pricePence]);
  });

  it('a consumer whose clock is wrong applies each message once', async () => {
    const { messages, pricePence } = await changesBy([ours, ours]);
    for (const clock of [fast, slow]) {
      expect(await pricesAfter([...messages, ...messages], clock)).toEqual([pricePence]);
    }
  });
});

describe('messages without a version', () => {
  it('are judged by when they were sent: a sender 5 minutes fast beats what is told up to 5 minutes after it', async () => {
    const first = aMessage({ price: '10.00', sentAt: fast.now() });
    const later = aMessage({ price: '20.00', sentAt: ours.now().add({ minutes: 4 }) });
    const latest = aMessage({ price: '30.00', sentAt: ours.now().add({ minutes: 6 }) });
    expect(await pricesAfter([first, later])).toEqual([1_000]);
    expect(await pricesAfter([first, later, latest])).toEqual([3_000]);
  });

  it('a sender 5 minutes slow is heard again when 5 minutes have passed', async () => {
    const known = aMessage({ price: '10.00', sentAt: ours.now() });
    const atOnce = aMessage({ price: '20.00', sentAt: slow.now() });
    const afterwards = aMessage({ price: '30.00', sentAt: slow.now().add({ minutes: 5, seconds: 1 }) });
    expect(await pricesAfter([known, atOnce])).toEqual([1_000]);
    expect(await pricesAfter([known, atOnce, afterwards])).toEqual([3_000]);
  });
});

describe('straight at the consumer', () => {
  const versions = [1, 2, 3].map((version) => aMessage({ version, price: `${version}0.00` }));

  it.each(permutations(versions).map((order) => ({ order, named: order.map(({ version }) => version).join(', ') })))(
    'versions $named, each twice, end as the newest one says',
    async ({ order }) => {
      const { consume, prices, ledger } = await openConsumer();
      for (const message of [...order, ...order.toReversed()]) await consume(message);
      expect(await prices()).toEqual([3_000]);
      // Made once, and priced at most once for each newer version.
      const newer = order.filter(({ version }, nth) => order.slice(0, nth).every((other) => isOlder(other, version)));
      expect(await ledger()).toEqual(['created', ...newer.slice(1).map(() => 'priced')]);
    },
  );

  it('two deliveries of one message at the same moment have one effect', async () => {
    const { consume, ledger } = await openConsumer();
    const message = aMessage({ version: 1 });
    await Promise.all([consume(message), consume(message), consume(message)]);
    expect(await ledger()).toEqual(['created']);
  });

  it('one that comes so late that the inbox has forgotten it changes nothing', async () => {
    const { consume, prices, ledger, pool } = await openConsumer();
    const [first, second] = [aMessage({ version: 1, price: '10.00' }), aMessage({ version: 2, price: '20.00' })];
    await consume(first);
    await consume(second);
    const before = await ledger();
    expect(await pruneInbox(pool, 'tickets', -1_000)).toBe(2);
    await consume(first);
    await consume(second);
    expect(await prices()).toEqual([2_000]);
    expect(await ledger()).toEqual(before);
  });
});

const eventId = 'e0e00000-0000-4000-8000-00000000000e';

type Said = { readonly version?: number; readonly price?: string; readonly sentAt?: Temporal.Instant };

function aMessage({ version, price = '10.00', sentAt = ours.now() }: Said): Message {
  const dates = { startDate: '2031-07-01T19:00:00+00:00', endDate: '2031-07-01T22:00:00+00:00' };
  const body: EventUpserted = { id: eventId, eventName: 'Show', ...dates, venue: 0, price };
  return { id: crypto.randomUUID(), urn: eventUpsertedUrn, key: eventId, version, sentAt, body };
}

async function openConsumer(clock = new FakeClock()) {
  const { pool } = await testDatabase(4);
  const [events] = ticketsModule.consumers({ db: createDatabase(pool), clock });
  return {
    pool,
    consume: async (message: Message) => events?.handle(message),
    prices: async () =>
      (await pool.query('select distinct price_pence from tickets.seats')).rows.map((row) => row.price_pence),
    ledger: async () =>
      (await pool.query('select kind from tickets.ledger order by version, nth')).rows.map((row) => row.kind),
  };
}

async function pricesAfter(messages: readonly Message[], clock?: FakeClock): Promise<number[]> {
  const { consume, prices } = await openConsumer(clock);
  for (const message of messages) await consume(message);
  return prices();
}

/** An event announced by a process with the first clock and changed by one with the second. */
async function changesBy(clocks: readonly FakeClock[]) {
  const { pool } = await testDatabase(4);
  const show = { EventName: 'Show', StartDate: '2031-07-01T19:00:00Z', EndDate: '2031-07-01T22:00:00Z' };
  const send = async (clock: FakeClock | undefined, method: string, id: string | undefined, body: object) => {
    const routes = everyModule.flatMap((module) => module.routes({ db: createDatabase(pool), clock: clock ?? ours }));
    const route = routes.find((one) => one.method === method && /^\/events(\/:id)?$/.test(one.path) && one.read);
    const answer = await route?.handle({
      ids: id ? { id } : {},
      headers: {},
      query: {},
      body: route.read?.(Buffer.from(JSON.stringify(body))),
    });
    return answer?.location?.split('/').at(-1);
  };
  const id = await send(clocks[0], 'POST', undefined, { ...show, Venue: 'O2ArenaLondon', Price: 10 });
  await send(clocks[1], 'PUT', id, { ...show, Price: 20 });
  const { rows } = await pool.query<Message>(
    'select message_id as id, urn, key, version, sent_at as "sentAt", body from events.outbox order by position',
  );
  return { messages: rows, pricePence: 2_000 };
}

function isOlder({ version }: Message, than: number | undefined): boolean {
  return (version ?? 0) < (than ?? 0);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, nth) => permutations(items.toSpliced(nth, 1)).map((rest) => [item, ...rest]));
}

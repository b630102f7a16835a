import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { redisIsMissing, startRedis, type TestRedis, until } from '@ticketbuddy/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { aLegacy, countWaiting, lockSeat, lockTables, someSeats, type TestLegacy } from './test-legacy.ts';

const [ann, bob] = [randomUUID(), randomUUID()];
const refusedText = (text: string) => ({
  status: 400,
  text: `{"Message":"The request could not be correctly validated.","Errors":["${text}"]}`,
});

describe.skipIf(redisIsMissing())('the legacy', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('tells several of twenty users that they hold the same seat', async () => {
    const legacy = await aLegacy({ redisUrl: redis.url });
    const told = await until('several users hold one seat', async () => {
      const { path, ids } = await someSeats(legacy, 1);
      const users = Array.from({ length: 20 }, () => randomUUID());
      const hold = (userId: string) => legacy.ask(`POST ${path}/reserve`, { userId, ticketIds: ids });
      const answers = await Promise.all(users.map(hold));
      const held = answers.filter(({ status }) => status === 204).length;
      return held > 1 && held;
    });
    expect(told).toBeGreaterThan(1);
  });

  it('sells one seat to two buyers who ask at once, and keeps the one that is stored last', async () => {
    const legacy = await aLegacy({ redisUrl: redis.url });
    const { path, ids } = await someSeats(legacy, 1);
    const lock = await lockSeat(legacy, ids[0] ?? '');
    const buy = (userId: string) => legacy.ask(`POST ${path}/purchase`, { userId, ticketIds: ids });
    const first = buy(ann);
    await until('Ann has found the seat free', async () => (await countWaiting(legacy)) === 1);
    const second = buy(bob);
    await until('Bob has found it free too', async () => (await countWaiting(legacy)) === 2);
    await lock.release();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([204, 204]);
    expect((await legacy.ask(`GET ${path}/user/${ann}`)).text).toBe('[]');
    expect((await legacy.ask(`GET ${path}/user/${bob}`)).text).toContain(ids[0]);
  });

  it('keeps the seats before the taken one when it refuses a hold', async () => {
    const legacy = await aLegacy({ redisUrl: redis.url });
    const { path, ids } = await someSeats(legacy, 3);
    const [first = '', taken = '', last = ''] = ids;
    await legacy.ask(`POST ${path}/reserve`, { userId: ann, ticketIds: [taken] });
    const refused = await legacy.ask(`POST ${path}/reserve`, { userId: bob, ticketIds: [first, taken, last] });
    expect(refused).toEqual(refusedText('Tickets already reserved'));
    const reserved = JSON.parse((await legacy.ask(`GET ${path}`)).text).filter((seat: Listed) => seat.Reserved);
    expect(reserved.map(({ Id }: Listed) => Id).sort()).toEqual([first, taken].sort());
  });

  it('creates all of ten events in one slot, and of ten users with one e-mail, that are asked for at once', async () => {
    const legacy = await aLegacy({ redisUrl: redis.url });
    const slot = { EventName: 'Slot', StartDate: '2040-01-01T10:00:00Z', EndDate: '2040-01-01T11:00:00Z' };
    const lock = await lockTables(legacy, '"Event"."Events", "User"."Users"');
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    // Without RabbitMQ nobody is answered: what counts here are the rows.
    const ask = (line: string, body: object) => legacy.ask(line, body, leaving.signal).catch(() => undefined);
    for (let n = 0; n < 10; n++) {
      void ask('POST /events', { ...slot, Venue: 5, Price: 1 });
      void ask('POST /users', { FullName: 'Ann', Email: 'ann@example.com' });
    }
    await until('all have found it free', async () => (await countWaiting(legacy)) === 20);
    await lock.release();
    await until('all have the slot', async () => (await count(legacy, '"Event"."Events"')) === 10);
    await until('all have the e-mail', async () => (await count(legacy, '"User"."Users"')) === 10);
  });

  it('asks Redis seat by seat, as recorded', async () => {
    const legacy = await aLegacy({ redisUrl: redis.url });
    const { path, ids, eventId } = await someSeats(legacy, 2);
    const [one = '', two = ''] = ids.map((id) => `event:${eventId}:ticket:${id}:reservation`);
    const asked = await monitor(redis.url);
    const commandsOf = async (line: string, userId?: string) => {
      await legacy.ask(line, userId && { userId, ticketIds: ids });
      return asked();
    };
    expect(await commandsOf(`POST ${path}/reserve`, ann)).toEqual([
      ...[`get ${one}`, `get ${one}`, `setex ${one} 900 ${ann}`],
      ...[`get ${two}`, `get ${two}`, `setex ${two} 900 ${ann}`],
    ]);
    expect(await commandsOf(`POST ${path}/reserve`, ann)).toEqual([
      ...[`get ${one}`, `get ${one}`, `expire ${one} 900`],
      ...[`get ${two}`, `get ${two}`, `expire ${two} 900`],
    ]);
    expect(await commandsOf(`POST ${path}/reserve`, bob)).toEqual([`get ${one}`]);
    expect(await commandsOf(`GET ${path}`)).toEqual([`get ${one}`, `get ${two}`]);
    expect(await commandsOf(`POST ${path}/purchase`, bob)).toEqual([`get ${one}`]);
    expect(await commandsOf(`POST ${path}/purchase`, ann)).toEqual([`get ${one}`, `get ${two}`]);
    expect(await commandsOf(`GET ${path}/user/${ann}`)).toEqual([]);
  });
});

it('without Redis it lists events and the seats of a buyer, and fails for everything that asks for holds', async () => {
  const legacy = await aLegacy({});
  const { path, ids } = await someSeats(legacy, 1);
  const buy = { userId: ann, ticketIds: ids };
  const failed = await Promise.all([
    legacy.ask(`GET ${path}`),
    legacy.ask(`POST ${path}/reserve`, buy),
    legacy.ask(`POST ${path}/purchase`, buy),
  ]);
  expect(failed).toEqual(
    Array(3).fill({ status: 500, text: '{"Message":"An unexpected error occurred.","Errors":[]}' }),
  );
  expect((await legacy.ask('GET /events')).status).toBe(200);
  expect(await legacy.ask(`GET ${path}/user/${ann}`)).toEqual({ status: 200, text: '[]' });
  expect((await legacy.ask('GET /health')).status).toBe(503);
});

it('stores what breaks the new rules, and answers it', async () => {
  const legacy = await aLegacy({});
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const ask = (line: string, body: object) => legacy.ask(line, body, leaving.signal).catch(() => undefined);
  const times = { StartDate: '2040-01-01T10:00:00Z', EndDate: '9999-12-31T23:59:59.9999999Z' };
  void ask('POST /events', { EventName: 'Odd', ...times, Price: '-0.005' });
  await until('the event is stored', async () => (await count(legacy, '"Event"."Events"')) === 1);
  for (const Email of ['ann@example.com', 'ANN@example.com']) void ask('POST /users', { FullName: 'Ann', Email });
  await until('both users are stored', async () => (await count(legacy, '"User"."Users"')) === 2);
  const { rows } = await legacy.pool.query('select "EndDate"::text as ends, "Price" from "Event"."Events"');
  expect(rows).toEqual([{ ends: 'infinity', Price: '-0.01' }]);
  await legacy.pool.query('update "Event"."Events" set "Price" = null, "Venue" = 42');
  const answered = JSON.parse((await legacy.ask('GET /events')).text)[0];
  expect(answered).toMatchObject({ EndDate: '9999-12-31T23:59:59.9999999+00:00', Venue: 42 });
  expect(answered).not.toHaveProperty('Price');
});

type Listed = { readonly Id: string; readonly Reserved: boolean };

async function count({ pool }: TestLegacy, table: string): Promise<number> {
  return (await pool.query(`select count(*)::int as rows from ${table}`)).rows[0].rows;
}

/** Answers what Redis was asked since the last time. */
async function monitor(url: string): Promise<() => Promise<string[]>> {
  const asking = new Redis(url);
  const watching = await asking.monitor();
  onTestFinished(() => {
    asking.disconnect();
    watching.disconnect();
  });
  let commands: string[] = [];
  watching.on('monitor', (_time: string, words: string[]) => commands.push(words.join(' ')));
  return async () => {
    // What was asked before this is told before it.
    const mark = `mark ${randomUUID()}`;
    const told = once(watching, mark);
    const look = (_time: string, words: string[]) => words[1] === mark && watching.emit(mark);
    watching.on('monitor', look);
    await asking.echo(mark);
    await told;
    watching.off('monitor', look);
    const seen = commands.filter((command) => command.includes(':reservation'));
    commands = [];
    return seen.map((command) => command.replace(/^\w+/, (word) => word.toLowerCase()));
  };
}

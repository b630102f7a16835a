import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { dropMessages, listOfMessageQueues, parkedMessages, retryMessages, showMessage } from './messages.ts';
import { aContext, type Spoken, ticketbuddy } from './test-cli.ts';

const [ann, ben] = ['a0000000-1111-4000-8000-000000000001', 'b0000000-1111-4000-8000-000000000001'];
const urn = 'urn:message:Integration.Events.Messaging:EventUpserted';

test('a shop in which nothing is parked says so', async () => {
  const context = aContext({ DATABASE_URL: (await testDatabase()).url });
  expect(await parkedMessages(context, {})).toBe(0);
  expect(await retryMessages(context, { every: true })).toBe(0);
  expect(await dropMessages(context, { every: true })).toBe(0);
  expect(context.out()).toBe('No message is parked.\n'.repeat(3));
});

test('what is parked is listed with its reason, and with what can be done', async () => {
  const { context } = await aShopWith(
    { id: ann, reason: 'the venue\nis unknown' },
    { id: ben, queue: 'tickets.users' },
  );
  expect(await parkedMessages(context, {})).toBe(0);
  expect(context.out()).toBe(
    `queue           id        type           parked                attempts  reason
tickets.events  a0000000  EventUpserted  2030-01-01 12:00:00Z         3  the venue is unknown
tickets.users   b0000000  EventUpserted  2030-01-01 12:00:00Z         3  no reason

2 messages are parked. What you can do about one of them:
  npx ticketbuddy messages show a0000000   everything about it
  npx ticketbuddy messages retry a0000000  back into its queue, once the reason is mended
  npx ticketbuddy messages drop a0000000   delete it for good
`,
  );
});

test('on a terminal a long reason is cut to its width', async () => {
  const { context } = await aShopWith({ id: ann, reason: 'x'.repeat(200) });
  await parkedMessages({ ...context, terminal: { ...context.terminal, columns: 100 } }, {});
  const line = context.out().split('\n')[1] ?? '';
  expect([line.length, line.slice(-3)]).toEqual([100, 'xx…']);
});

test('a message whose text would paint the terminal is shown without that', async () => {
  const { context } = await aShopWith({ id: ann, reason: '\u001b[2J\u009bred' });
  await parkedMessages(context, {});
  await showMessage(context, { ids: [ann] });
  expect(context.out()).toContain('\u{fffd}[2J\u{fffd}red');
  expect(context.out()).not.toMatch(/[^\P{Cc}\n]/u);
});

test('ids are shown as long as it takes to tell them apart', async () => {
  const other = ann.replace(/-1111-4.*/, '-1112-4000-8000-000000000001');
  const { context } = await aShopWith({ id: ann }, { id: other });
  await parkedMessages(context, {});
  expect(context.out()).toMatch(/ a0000000-1111 .*\n.* a0000000-1112 /);
});

test('a message is shown with its headers and its body', async () => {
  const { context } = await aShopWith({ id: ann, reason: 'the venue is unknown' });
  expect(await showMessage(context, { ids: ['A0000000'] })).toBe(0);
  for (const line of [
    `message   ${ann}`,
    'queue     tickets.events',
    `type      ${urn}`,
    'reason    the venue is unknown',
    'headers\n  key  rock\n  version  7\n',
    'body\n{\n  "venue": -1\n}\n',
  ]) {
    expect(context.out()).toContain(line);
  }
});

test('as JSON a message is whole', async () => {
  const { context } = await aShopWith({ id: ann });
  await showMessage(context, { ids: [ann], json: true });
  const message = { queue: 'tickets.events', id: ann, urn, reason: 'no reason', attempts: 3, body: '{"venue": -1}' };
  expect(JSON.parse(context.out())).toMatchObject({ ...message, parkedAt: '2030-01-01T12:00:00Z' });
});

test.each([
  ['a0000000', [ann], /^$/],
  ['c', [], /^No message "c" is parked; ticketbuddy messages parked shows those that are\.$/],
  ['', [], /^No message "" is parked/],
  ['a', [], /^"a" could be a0000000-.* or a1000000-.*: give more of the id\.$/],
  [
    'b0000000',
    [],
    /^The message "b0000000" is parked in tickets\.events and tickets\.users: say which with --queue\.$/,
  ],
])('the id "%s" means %j', async (given, dropped, sentence) => {
  const { context, parked } = await aShopWith(
    { id: ann },
    { id: ann.replace('a0', 'a1') },
    { id: ben },
    { id: ben, queue: 'tickets.users' },
  );
  const before = await parked();
  const refused = await dropMessages(context, { ids: [given] }).then(
    () => '',
    (error: Error) => error.message,
  );
  expect(refused).toMatch(sentence);
  const left = await parked();
  expect(before.filter((id) => !left.includes(id))).toEqual(dropped);
});

test('a message that is parked in two queues is handled in the one that is named', async () => {
  const { context, parked } = await aShopWith({ id: ben }, { id: ben, queue: 'tickets.users' });
  expect(await dropMessages(context, { ids: ['b'], queue: 'tickets.users' })).toBe(0);
  expect(context.out()).toBe('tickets.users: 1 message deleted.\n');
  expect(await parked()).toEqual([ben]);
});

test('messages that are put back wait in their queue again', async () => {
  const { context, pool } = await aShopWith({ id: ann }, { id: ben, queue: 'tickets.users' });
  expect(await retryMessages(context, { every: true })).toBe(0);
  expect(context.out()).toMatch(/^tickets\.events: 1 message put back.*\ntickets\.users: 1 message put back/);
  const { rows } = await pool.query('select attempts, reason from broker.messages where parked_at is null');
  expect(rows).toEqual(Array(2).fill({ attempts: 0, reason: null }));
});

test.each([
  [{}, /^Say which messages to retry: by their ids, or --all; /],
  [{ ids: [ann], every: true }, /^Say which messages to retry: by their ids, or --all; /],
  [{ every: true, queue: 'tickets.event' }, /^There is no queue "tickets\.event"; there are .*tickets\.events/],
])('%j is answered with what is missing', async (options, sentence) => {
  const { context, parked } = await aShopWith({ id: ann });
  await expect(retryMessages(context, options)).rejects.toThrow(sentence);
  expect(await parked()).toEqual([ann]);
});

test.each([
  ['without anybody to ask', undefined, {}, 'This deletes 2 messages of tickets.events for good; say so with --yes.'],
  ['when the person says no', false, {}, 'Nothing was deleted.\n'],
  ['when the person says yes', true, {}, 'tickets.events: 2 messages deleted.\n'],
  ['with --yes', undefined, { yes: true }, 'tickets.events: 2 messages deleted.\n'],
])('%s, dropping all is answered with what becomes of them', async (_, answer, options, said) => {
  const { context, parked } = await aShopWith({ id: ann }, { id: ben });
  const ask = () => (answer === undefined ? undefined : Promise.resolve(answer));
  const terminal = { ...context.terminal, ask };
  const code = await dropMessages({ ...context, terminal }, { every: true, ...options }).catch(
    (error) => error.message,
  );
  expect([code, context.out()]).toContain(said);
  expect(await parked()).toHaveLength(said.includes('messages deleted') ? 0 : 2);
});

test('the queues are listed with how many wait and how many are parked', async () => {
  const { context } = await aShopWith({ id: ann }, { id: ben, parkedAt: null }, { queue: 'tickets.users' });
  expect(await listOfMessageQueues(context, {})).toBe(0);
  expect(context.out()).toMatch(/^queue +waiting {2}parked\n/);
  expect(context.out()).toMatch(/\ntickets\.events +1 +1\ntickets\.users +0 +1\n/);
  await listOfMessageQueues(context, { json: true });
  expect(JSON.parse(context.out().split('\n').at(-2) ?? '')).toContainEqual({
    queue: 'tickets.events',
    waiting: 1,
    parked: 1,
  });
});

test('a database without tables has no messages and gets none', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('drop schema broker cascade');
  await expect(parkedMessages(aContext({ DATABASE_URL: url }), {})).rejects.toThrow(/^There are no messages yet/);
});

test('the command line hands over what was said, and help is shown for messages alone', async () => {
  const { url } = await aShopWith({ id: ann }, { id: ben });
  const settings = { DATABASE_URL: url };
  expect(await ticketbuddy(['messages'])).toMatchObject({ code: 0, out: expect.stringContaining('retry [options]') });
  const drop = ['messages', 'drop', '--all', '--queue', 'tickets.events'];
  const err = 'This deletes 2 messages of tickets.events for good; say so with --yes.\n';
  expect(await ticketbuddy(drop, settings)).toEqual({ code: 1, out: '', err });
  expect(await ticketbuddy(['messages', 'drop', 'a', 'b0000000'], settings)).toEqual({
    code: 0,
    out: 'tickets.events: 2 messages deleted.\n',
    err: '',
  });
  expect(await ticketbuddy(['messages', 'parked', '--json'], settings)).toMatchObject({ code: 0, out: '[]\n' });
});

test('a RabbitMQ that cannot be reached is named, and its password is not', async () => {
  const err = 'AMQP_URL: RabbitMQ at 127.0.0.1:1 cannot be reached (ECONNREFUSED).\n';
  const settings = { AMQP_URL: 'amqp://me:secret@127.0.0.1:1/shop' };
  expect(await ticketbuddy(['messages', 'queues'], settings)).toEqual({ code: 1, out: '', err });
});

type Row = { readonly id?: string; readonly queue?: string; readonly reason?: string; readonly parkedAt?: null };
type Shop = TestDatabase & { readonly context: Spoken; parked(): Promise<readonly string[]> };

/** A shop with these messages in its queues; parked, unless they say otherwise. */
async function aShopWith(...messages: readonly Row[]): Promise<Shop> {
  const database = await testDatabase();
  const { pool, url } = database;
  for (const { id, queue = 'tickets.events', reason = 'no reason', parkedAt = '2030-01-01T12:00:00Z' } of messages) {
    await pool.query(
      `insert into broker.messages
         (queue, message_id, urn, key, version, sent_at, body, attempts, parked_at, reason)
       values ($1, coalesce($2, gen_random_uuid()), $3, 'rock', 7, now(), '{"venue": -1}', 3, $4, $5)`,
      [queue, id, urn, parkedAt, reason],
    );
  }
  return {
    ...database,
    context: aContext({ DATABASE_URL: url }),
    async parked() {
      const { rows } = await pool.query<{ id: string }>(
        'select message_id as id from broker.messages where parked_at is not null order by position',
      );
      return rows.map(({ id }) => id);
    },
  };
}

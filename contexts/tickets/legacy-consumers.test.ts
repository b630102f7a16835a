import { randomUUID } from 'node:crypto';
import { eventUpsertedUrn, seatsToReleaseUrn, userUpsertedUrn } from '@ticketbuddy/contracts';
import type { Message } from '@ticketbuddy/messaging';
import { expect, test } from 'vitest';
import { consumers } from './consumers.ts';
import { legacyConsumers } from './legacy-consumers.ts';
import { aBoxOfficePerTest } from './test-box-office.ts';
import { anEventUpserted, at, idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();
const body = anEventUpserted();

test.each(['first from our queue', 'first from the legacy’s', 'from both at once'])(
  'an event that comes both ways, %s, is taken over once',
  async (way) => {
    const { fromOurs, fromLegacy, seats, ledger } = await openInboxes();
    const [message, later] = [aMessage(eventUpsertedUrn, body), aMessage(eventUpsertedUrn, { ...body, price: '20' })];
    const ways = way === 'first from our queue' ? [fromOurs, fromLegacy] : [fromLegacy, fromOurs];
    if (way === 'from both at once') await Promise.all(ways.map((receive) => receive(message)));
    else await ways[0]?.(message);
    // Were it applied once more, it would undo what came between, which was sent in the same moment.
    await fromOurs(later);
    for (const receive of ways) await receive(message);
    expect((await seats()).map(({ pricePence }) => pricePence)).toEqual(Array(10).fill(2_000));
    expect((await ledger()).map(({ kind }) => kind)).toEqual(['created', 'priced']);
  },
);

test('what the legacy tells itself when it has taken over an event needs nothing', async () => {
  const { fromLegacy, seats, inbox } = await openInboxes();
  await fromLegacy(aMessage(seatsToReleaseUrn, { id: body.id, venue: 0, price: '10.00' }));
  expect([await seats(), await inbox()]).toEqual([[], []]);
});

test('a user who comes both ways is taken over once', async () => {
  const { deps, pool } = await openInboxes();
  const [ours, legacy] = [consumers(deps)[1], legacyConsumers.user(deps)];
  const user = { id: idOf('ann'), fullName: 'Ann', email: 'ann@example.com' };
  const message = aMessage(userUpsertedUrn, user);
  await legacy.handle(message);
  await legacy.handle(aMessage(userUpsertedUrn, { ...user, fullName: 'Ann Two' }));
  await ours?.handle(message);
  expect((await pool.query('select full_name from tickets.buyers')).rows).toEqual([{ full_name: 'Ann Two' }]);
});

async function openInboxes() {
  const boxOffice = await openBoxOffice();
  const [ours, legacy] = [consumers(boxOffice.deps)[0], legacyConsumers.event(boxOffice.deps)];
  return {
    ...boxOffice,
    fromOurs: async (message: Message) => void (await ours?.handle(message)),
    fromLegacy: async (message: Message) => void (await legacy.handle(message)),
    ledger: async () => (await boxOffice.pool.query('select kind from tickets.ledger order by version, nth')).rows,
    inbox: async () => (await boxOffice.pool.query('select from tickets.inbox')).rows,
  };
}

function aMessage(urn: string, said: { readonly id: string } & Readonly<Record<string, unknown>>): Message {
  return { id: randomUUID(), urn, key: said.id, version: undefined, sentAt: at('11:00'), body: said };
}

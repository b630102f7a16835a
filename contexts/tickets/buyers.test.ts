import { randomUUID } from 'node:crypto';
import { userUpsertedUrn } from '@ticketbuddy/contracts';
import type { Message } from '@ticketbuddy/messaging';
import { describe, expect, test } from 'vitest';
import { consumers } from './consumers.ts';
import { aBoxOfficePerTest } from './test-box-office.ts';
import { at, idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

describe('a user', () => {
  test('is known to the box office with the name and the address that were told', async () => {
    const { buyers, receive } = await openInbox();
    await receive(aMessage({ fullName: 'Ann One', email: 'ann@example.com' }));
    expect(await buyers()).toMatchObject([{ id: idOf('ann'), full_name: 'Ann One', email: 'ann@example.com' }]);
  });

  test.each([
    { fullName: "O'Brien", email: 'o@b.c' },
    { fullName: '', email: 'no address' },
    { fullName: 'x'.repeat(100_000), email: '' },
  ])('is taken as told, whatever we would think of it', async (said) => {
    const { buyers, receive } = await openInbox();
    await receive(aMessage(said));
    expect(await buyers()).toMatchObject([{ full_name: said.fullName, email: said.email }]);
  });

  test('may have the address of another', async () => {
    const { buyers, receive } = await openInbox();
    for (const id of [idOf('ann'), idOf('bob')]) await receive(aMessage({ id }));
    expect(await buyers()).toHaveLength(2);
  });

  test.each([
    { what: 'an older version', first: 3, second: 2 },
    { what: 'the same version', first: 3, second: 3 },
    { what: 'no version, sent earlier', first: 3, second: undefined },
  ])('is not overwritten by a message of $what that comes later', async ({ first, second }) => {
    const { buyers, receive } = await openInbox();
    await receive({ ...aMessage({ fullName: 'New' }, first), sentAt: at('11:01') });
    await receive({ ...aMessage({ fullName: 'Old' }, second), sentAt: at('11:00') });
    expect(await buyers()).toMatchObject([{ full_name: 'New' }]);
  });

  test.each([
    { what: 'a higher version', first: 3, second: 4 },
    { what: 'no version, sent later', first: 3, second: undefined },
  ])('is overwritten by a message of $what', async ({ first, second }) => {
    const { buyers, receive } = await openInbox();
    await receive({ ...aMessage({ fullName: 'Old' }, first), sentAt: at('11:00') });
    await receive({ ...aMessage({ fullName: 'New' }, second), sentAt: at('11:01') });
    expect(await buyers()).toMatchObject([{ full_name: 'New' }]);
  });

  test('is not taken from a message twice', async () => {
    const { pool, buyers, receive } = await openInbox();
    const message = aMessage();
    await receive(message);
    await pool.query('delete from tickets.buyers');
    await receive(message);
    expect(await buyers()).toEqual([]);
  });
});

test.each([
  { what: 'no body', body: undefined },
  { what: 'no name', body: { ...aBody(), fullName: null } },
  { what: 'an id that is none', body: { ...aBody(), id: 'ann' } },
])('a message that tells of no user throws: $what', async ({ body }) => {
  const { receive } = await openInbox();
  await expect(receive({ ...aMessage(), body })).rejects.toThrow('the message is no UserUpserted');
});

async function openInbox() {
  const boxOffice = await openBoxOffice();
  const users = consumers(boxOffice.deps).find(({ name }) => name === 'tickets.users');
  return {
    ...boxOffice,
    receive: async (message: Message) => users?.handle(message),
    buyers: async () => (await boxOffice.pool.query('select * from tickets.buyers order by id')).rows,
  };
}

function aMessage(changes: Partial<ReturnType<typeof aBody>> = {}, version: number | undefined = undefined): Message {
  const body = aBody(changes);
  return { id: randomUUID(), urn: userUpsertedUrn, key: body.id, version, sentAt: at('11:00'), body };
}

function aBody(changes: { readonly id?: string; readonly fullName?: string; readonly email?: string } = {}) {
  return { id: idOf('ann'), fullName: 'Ann', email: 'ann@example.com', ...changes };
}

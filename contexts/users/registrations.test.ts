import { randomUUID } from 'node:crypto';
import { userRegisteredSource, userUpsertedUrn } from '@ticketbuddy/contracts';
import type { Message } from '@ticketbuddy/messaging';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import { describe, expect, it } from 'vitest';
import { changeUser } from './change-user.ts';
import { legacyConsumers } from './legacy-consumers.ts';
import { registerUser } from './register-user.ts';
import type { DB } from './tables.gen.ts';

const annId = 'a0000000-0000-4000-8000-00000000000a';

describe('somebody who has registered with the identity provider', () => {
  it('becomes a customer with the id from there, and the others are told', async () => {
    const { receive, users, told } = await anOffice();
    await receive(aRegistration());
    const ann = { id: annId, full_name: "Ann O'One", email: 'ann@example.com', user_type: 0, version: 1 };
    expect(await users()).toEqual([ann]);
    const body = { id: annId, fullName: "Ann O'One", email: 'ann@example.com' };
    expect(await told()).toMatchObject([{ urn: userUpsertedUrn, key: annId, version: 1, body }]);
  });

  it('is registered once, however often that is told, also at once', async () => {
    const { receive, users, told } = await anOffice();
    const message = aRegistration();
    await Promise.allSettled([receive(message), receive(message)]);
    await receive(message);
    expect(await users()).toHaveLength(1);
    expect(await told()).toHaveLength(1);
  });

  it('stays as changed here when it is told again', async () => {
    const { deps, receive, users } = await anOffice();
    await receive(aRegistration());
    await changeUser(deps, annId, { fullName: 'Ann Two', email: 'two@example.com' });
    await receive(aRegistration());
    expect(await users()).toMatchObject([{ full_name: 'Ann Two', email: 'two@example.com' }]);
  });

  it('is not registered with the e-mail of another user, and that is the reason told', async () => {
    const { deps, receive, users } = await anOffice();
    await registerUser(deps, { fullName: 'Other', email: 'ANN@example.com', userType: undefined });
    await expect(receive(aRegistration())).rejects.toThrow('Email already exists');
    expect(await users()).toHaveLength(1);
  });

  it('is known by the id in lower case', async () => {
    const { receive, users } = await anOffice();
    await receive(aRegistration({ userId: annId.toUpperCase() }));
    expect(await users()).toMatchObject([{ id: annId }]);
  });

  it('may have one name only', async () => {
    const { receive, users } = await anOffice();
    await receive(aRegistration({ details: { first_name: '', last_name: 'Prince', email: 'p@b.c' } }));
    expect(await users()).toMatchObject([{ full_name: 'Prince' }]);
  });
});

it.each([
  { body: undefined, reason: 'the message is no registration: it must be object' },
  { body: {}, reason: 'it must have required properties userId' },
  { body: { ...aBody(), userId: 'ann' }, reason: '/userId must match format' },
  { body: { ...aBody(), details: {} }, reason: '/details must have required properties first_name, last_name, email' },
  { body: { ...aBody(), details: { ...aBody().details, email: null } }, reason: '/details/email must be string' },
  { body: { ...aBody(), details: { ...aBody().details, email: '' } }, reason: 'Email cannot be empty' },
  {
    body: { ...aBody(), details: { ...aBody().details, first_name: '', last_name: ' ' } },
    reason: 'Name cannot be empty',
  },
])('what is no registration is set aside, and the reason says why: $reason', async ({ body, reason }) => {
  const { receive, users } = await anOffice();
  await expect(receive({ ...aRegistration(), body })).rejects.toThrow(reason);
  expect(await users()).toEqual([]);
});

it('registrations are taken from the topic of the identity provider', () => {
  const registration = legacyConsumers.registration({ db: undefined as never, clock: new FakeClock() });
  expect(registration).toMatchObject({
    name: 'users.registrations',
    raw: { exchange: 'amq.topic', routingKey: 'KK.EVENT.CLIENT.ticketbuddy.SUCCESS.ticketbuddy-ui.REGISTER' },
  });
});

async function anOffice() {
  const { pool } = await testDatabase(5);
  const deps = { db: createDatabase<DB>(pool), clock: new FakeClock() };
  const { handle } = legacyConsumers.registration(deps);
  return {
    deps,
    receive: async (message: Message) => handle(message),
    users: async () => (await pool.query('select * from users.users')).rows,
    told: async () => (await pool.query('select * from users.outbox order by position')).rows,
  };
}

function aRegistration(changes: object = {}): Message {
  const [id, body] = [randomUUID(), aBody(changes)];
  const sentAt = Temporal.Instant.from('2026-06-01T12:00:00Z');
  return { id, urn: userRegisteredSource.urn, key: id, version: undefined, sentAt, body };
}

function aBody(changes: object = {}) {
  return {
    time: 1_767_225_600_000,
    type: 'REGISTER',
    userId: annId,
    details: { username: 'ann', first_name: 'Ann', last_name: "O'One", email: 'ann@example.com' },
    ...changes,
  };
}

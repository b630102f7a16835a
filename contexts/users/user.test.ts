import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import { describe, expect, it } from 'vitest';
import { changeUser } from './change-user.ts';
import { registerUser } from './register-user.ts';
import type { DB } from './tables.gen.ts';
import { judgeEmail, judgeFullName, type Registration } from './user.ts';

describe('a full name', () => {
  it.each([' ', '  Ann  ', 'A\tB\nC', 'A\u00a0B', '\u212Aelvin'])('may be %j', (name) => {
    expect(() => judgeFullName(name)).not.toThrow();
  });

  it.each(['John 2', 'Anne-Marie', "O'Brien", 'José', 'J. Smith', 'ı', 'ſ', 'a\0'])('may not be %j', (name) => {
    expect(() => judgeFullName(name)).toThrow('Name can only have alphabetical characters');
  });
});

describe('an e-mail', () => {
  it.each(['a@b.c', 'john@example.com.', 'jöhn@exämple.com', '"j"@e.x', '\uFEFF@b.c'])('may be %j', (email) => {
    expect(() => judgeEmail(email)).not.toThrow();
  });

  it.each([
    'john',
    'john@',
    '@b.c',
    'a@b',
    'a@@b.c',
    'a@b@c.d',
    'a b@c.d',
    'a@b.c ',
    'a@b.c\n',
    'a\0@b.c',
    'a@.c',
    '\u0085@b.c',
  ])('may not be %j', (email) => {
    expect(() => judgeEmail(email)).toThrow('Email must be valid');
  });

  it('of a million characters is judged, not searched for minutes', () => {
    expect(() => judgeEmail(`a@${'.'.repeat(1_000_000)} `)).toThrow('Email must be valid');
    expect(() => judgeEmail(`a@${'.'.repeat(1_000_000)}`)).not.toThrow();
  });

  it('that ten people want at once goes to one of them', async () => {
    const { deps } = await anOffice();
    const told = await Promise.allSettled(Array.from({ length: 10 }, () => registerUser(deps, aUser())));
    expect(told.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = told.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason.code)] : []));
    expect(reasons).toEqual(Array.from({ length: 9 }, () => 'email_taken'));
  });

  it.each(['ANN@example.com', 'ann@EXAMPLE.com'])('is taken in any case: %s', async (email) => {
    const { deps } = await anOffice();
    await registerUser(deps, aUser());
    await expect(registerUser(deps, aUser({ email }))).rejects.toThrow('Email already exists');
  });

  it('is taken in any case also beyond ASCII, and at any length', async () => {
    const { deps } = await anOffice();
    const long = `${'ö'.repeat(100_000)}@example.com`;
    await registerUser(deps, aUser({ email: long }));
    await expect(registerUser(deps, aUser({ email: long.toUpperCase() }))).rejects.toThrow('Email already exists');
  });

  it('is guarded by the database itself', async () => {
    const { deps, pool } = await anOffice();
    await registerUser(deps, aUser());
    const copy = pool.query(
      `insert into users.users (id, full_name, email, user_type) values (gen_random_uuid(), 'Ann', 'ANN@example.com', 0)`,
    );
    await expect(copy).rejects.toThrow('one_user_per_email');
  });
});

describe('a user', () => {
  it('keeps the own e-mail, and the type, through a change', async () => {
    const { deps, pool } = await anOffice();
    const id = await registerUser(deps, aUser({ userType: 'Administrator' }));
    await changeUser(deps, id, { fullName: 'Ann Other', email: 'ANN@example.com' });
    const { rows } = await pool.query('select full_name, email, user_type, version from users.users');
    expect(rows).toEqual([{ full_name: 'Ann Other', email: 'ANN@example.com', user_type: 1, version: 2 }]);
  });

  it('is told of a missing e-mail, then of a taken one, then of an unknown id, then of a missing name', async () => {
    const { deps } = await anOffice();
    const nobody = '99999999-9999-4999-8999-999999999999';
    await registerUser(deps, aUser());
    const reasons = [
      { fullName: undefined, email: undefined },
      { fullName: undefined, email: 'ann@example.com' },
      { fullName: undefined, email: 'bob@example.com' },
    ].map((said) => changeUser(deps, nobody, said).catch(({ message }: Error) => message));
    expect(await Promise.all(reasons)).toEqual([
      'Email cannot be empty',
      'Email already exists',
      'User does not exist',
    ]);
    await expect(registerUser(deps, aUser({ email: 'bob@example.com', fullName: undefined }))).rejects.toThrow(
      'Name cannot',
    );
  });
});

async function anOffice() {
  const { pool } = await testDatabase();
  return { pool, deps: { db: createDatabase<DB>(pool), clock: new FakeClock() } };
}

function aUser(said: Partial<Registration> = {}): Registration {
  return { fullName: 'Ann One', email: 'ann@example.com', userType: undefined, ...said };
}

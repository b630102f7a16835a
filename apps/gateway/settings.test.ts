import { expect, test } from 'vitest';
import { usualLimits } from './limits.ts';
import { readSettings } from './settings.config.ts';

const needed = {
  LEGACY_URL: 'http://127.0.0.1:5000',
  NEXT_URL: 'http://127.0.0.1:3000',
  DATABASE_URL: 'postgres://me@127.0.0.1/shop',
};

test('what is needed is enough, and empty is unset', () => {
  expect(readSettings({ ...needed, PORT: '', ADMIN_PORT: '', UNITS: '', LEGACY_DATABASE_URL: '' })).toEqual({
    host: '127.0.0.1',
    port: 8_080,
    adminPort: undefined,
    legacyUrl: needed.LEGACY_URL,
    nextUrl: needed.NEXT_URL,
    databaseUrl: needed.DATABASE_URL,
    legacyDatabaseUrl: undefined,
    shadowPercent: 0,
    units: ['events'],
    limits: usualLimits,
  });
});

test('all that is wrong is told at once, a line each, without what may be secret', () => {
  const wrong = {
    PORT: '99999',
    ADMIN_PORT: 'x',
    NEXT_URL: 'https://next.example',
    DATABASE_URL: 'mysql://me:secret@db.example/shop',
    SHADOW_PERCENT: '101',
    UNITS: 'events,orders',
    UPSTREAM_IN_FLIGHT_MAX: '0',
    UPSTREAM_HEADERS_MS: '1.5',
  };
  const read = () => readSettings(wrong);
  const lines = [
    'PORT: expected a port number, got "99999"',
    'ADMIN_PORT: expected a port number, got "x"',
    'LEGACY_URL: expected where the legacy answers, such as http://127.0.0.1:5000, got nothing',
    'NEXT_URL: expected where the new system answers, such as http://127.0.0.1:3000, got something else',
    'DATABASE_URL: expected the new database, postgres://…, got something else',
    'SHADOW_PERCENT: expected a number from 0 to 100, got "101"',
    'UNITS: expected some of events,users,tickets, got "events,orders"',
    'UPSTREAM_IN_FLIGHT_MAX: expected a whole number from 1 to 100000, got "0"',
    'UPSTREAM_HEADERS_MS: expected a number of ms from 1 to 600000, got "1.5"',
  ];
  expect(read).toThrow(new Error(lines.join('\n')));
});

test.each(['postgres://', 'postgres://db', 'postgres:///shop'])(
  '%s, which names no server or no database, is no database',
  (DATABASE_URL) => {
    expect(() => readSettings({ ...needed, DATABASE_URL })).toThrow(
      'DATABASE_URL: expected the new database, postgres://…, got something else',
    );
  },
);

test('reads cannot be compared without both databases', () => {
  expect(() => readSettings({ ...needed, SHADOW_PERCENT: '10' })).toThrow(
    /^SHADOW_PERCENT: expected LEGACY_DATABASE_URL/,
  );
});

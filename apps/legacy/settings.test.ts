import { expect, it } from 'vitest';
import { readSettings } from './settings.config.ts';

const right = {
  LEGACY_DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/legacy',
  LEGACY_REDIS_URL: 'redis://127.0.0.1:6379',
  AMQP_URL: 'amqp://guest:guest@127.0.0.1:5672/shop',
};

it('the servers that the legacy stands on have no default, the address has one', () => {
  expect(readSettings(right)).toEqual({
    host: '127.0.0.1',
    port: 3000,
    databaseUrl: right.LEGACY_DATABASE_URL,
    redisUrl: right.LEGACY_REDIS_URL,
    amqpUrl: right.AMQP_URL,
  });
});

it('every wrong setting is told at once, and no password with it', () => {
  const wrong = { PORT: '70000', HOST: 'my host', LEGACY_DATABASE_URL: 'mysql://me:secret@db/x', AMQP_URL: 'mq' };
  expect(() => readSettings(wrong)).toThrow(
    [
      'HOST: expected a host name or address, got "my host"',
      'PORT: expected a port number, got "70000"',
      'LEGACY_DATABASE_URL: expected a URL like postgres://user@host:5432/name, got "mysql://***@db/x"',
      'LEGACY_REDIS_URL: expected a URL like redis://host:6379, got nothing',
      'AMQP_URL: expected a URL like amqp://user:password@host:5672/vhost, got "mq"',
    ].join('\n'),
  );
});

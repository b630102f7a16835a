import { StartError } from '@ticketbuddy/errors';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const modules = ['events', 'users', 'tickets'];
const legacyQueues = ['event', 'user'];
const read = (environment: Record<string, string>) => readConfig({ modules, legacyQueues }, environment);

describe('settings', () => {
  it('have defaults that start the whole shop on this machine', () => {
    expect(read({ PORT: '' })).toEqual({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: undefined,
      amqpUrl: undefined,
      legacyQueues: {},
      databaseConnections: 16,
      dataFolder: `${process.cwd()}/.ticketbuddy`,
      seed: true,
      modules,
      logLevel: 'info',
      numbers: {},
      tracing: { endpoint: undefined, sampleRatio: 0.1, serviceName: 'ticketbuddy' },
    });
  });

  it('choose what runs and where', () => {
    const chosen = read({
      PORT: '0',
      MODULES: 'users, tickets',
      TICKETBUDDY_SEED: 'off',
      DATABASE_URL: 'postgres://u:p@h/d',
    });
    expect(chosen).toMatchObject({
      port: 0,
      modules: ['users', 'tickets'],
      seed: false,
      databaseUrl: 'postgres://u:p@h/d',
    });
  });

  it('that are wrong are named all at once, and passwords are not shown', () => {
    const wrong = {
      PORT: 'x',
      DATABASE_URL: 'mysql://root:secret@db/shop',
      AMQP_URL: 'http://guest:secret@rabbit',
      DATABASE_CONNECTIONS: '2',
      TICKETBUDDY_SEED: 'maybe',
      MODULES: 'events,payments',
      LOG_LEVEL: 'loud',
      HOST: 'my host',
    };
    const message = messageOf(() => read(wrong));
    expect(message.split('\n')).toEqual([
      'HOST: expected a host name or address, got "my host"',
      'PORT: expected a port number, got "x"',
      'DATABASE_URL: expected a URL like postgres://user@host:5432/name, got "mysql://***@db/shop"',
      'DATABASE_CONNECTIONS: expected a number of connections, at least 8, got "2"',
      'AMQP_URL: expected a URL like amqp://user:password@host:5672/vhost, got "http://***@rabbit"',
      'TICKETBUDDY_SEED: expected on or off, got "maybe"',
      'MODULES: expected some of events,users,tickets, got "events,payments"',
      'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, got "loud"',
    ]);
  });

  it.each(['postgres://', 'postgres:///', 'postgres://db', 'postgres://me@db:5432/', 'postgres:///shop'])(
    'do not take %s, which names no server or no database, for a database',
    (url) => {
      const expected = `expected a URL like postgres://user@host:5432/name, got "${url.replace('me@', '***@')}"`;
      expect(messageOf(() => read({ DATABASE_URL: url, LEGACY_DATABASE_URL: url }))).toBe(
        `DATABASE_URL: ${expected}\nLEGACY_DATABASE_URL: ${expected}`,
      );
    },
  );

  it('name a server by its socket, too', () => {
    const databaseUrl = 'postgres:///shop?host=/var/run/postgresql';
    expect(read({ DATABASE_URL: databaseUrl })).toMatchObject({ databaseUrl });
  });

  it('say of each queue of the legacy how it is taken from', () => {
    const chosen = read({ AMQP_URL: 'amqp://rabbit', LEGACY_QUEUES: 'event=alone, user=competing' });
    expect(chosen.legacyQueues).toEqual({ event: 'alone', user: 'competing' });
  });

  it.each([
    'event',
    'event=both',
    'orders=alone',
    'event=alone=competing',
    'event=alone,event=competing',
    'event=alone,',
  ])('do not take "%s" for queues of the legacy', (LEGACY_QUEUES) => {
    expect(() => read({ AMQP_URL: 'amqp://rabbit', LEGACY_QUEUES })).toThrow(
      'LEGACY_QUEUES: expected queue=alone or queue=competing, of the queues event, user, each once, with commas between them',
    );
  });

  it('of queues in RabbitMQ need a RabbitMQ, which is told with the other problems', () => {
    expect(() => read({ PORT: 'x', LEGACY_QUEUES: 'event=alone' })).toThrow(
      'PORT: expected a port number, got "x"\nLEGACY_QUEUES: expected AMQP_URL to be set too',
    );
  });

  it('of the modules are whole numbers within their bounds, at their defaults unless they are set', () => {
    const withNumbers = (environment: Record<string, string>) =>
      readConfig({ modules, legacyQueues, numbers: { ROWS: { default: 5, least: 2, most: 40 } } }, environment).numbers;
    expect([{}, { ROWS: '2' }, { ROWS: '40' }].map(withNumbers)).toEqual([{ ROWS: 5 }, { ROWS: 2 }, { ROWS: 40 }]);
    for (const ROWS of ['1', '41', '2.5', '1e1', 'two', '-5'])
      expect(() => withNumbers({ ROWS })).toThrow(`ROWS: expected a whole number from 2 to 40, got "${ROWS}"`);
  });

  it.each(['65536', '-1', '3000.5', '3e3', ' 3000'])('do not take "%s" as a port', (PORT) => {
    expect(() => read({ PORT })).toThrow(StartError);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

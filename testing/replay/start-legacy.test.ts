import { expect, it } from 'vitest';
import { refuseMissing } from './start-legacy.ts';

it('what the legacy needs and the machine has not is named on one line', () => {
  const programs = {
    node: process.execPath,
    'redis-server': '/nowhere/redis-server',
    'rabbitmq-server': '/nowhere/mq',
  };
  expect(() => refuseMissing(programs)).toThrow(
    /^The legacy cannot be started: redis-server and rabbitmq-server are not installed on this machine\.$/,
  );
  expect(() => refuseMissing({ node: process.execPath })).not.toThrow();
});

import { describeBroker, rabbitMqIsMissing, startRabbitMq, type TestRabbitMq } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { batchSize } from './embedded-broker.ts';
import { retryDelaysMs } from './message.ts';
import { prefetch } from './rabbitmq-broker.ts';
import { startEmbeddedBrokers, startRabbitBrokers } from './test-brokers.ts';

describeBroker('the embedded broker', startEmbeddedBrokers, {
  delaysMs: retryDelaysMs,
  inHandsMax: batchSize,
  boundMs: 15_000,
});

describe.skipIf(rabbitMqIsMissing())('with RabbitMQ', () => {
  let server: TestRabbitMq;
  beforeAll(async () => {
    server = await startRabbitMq();
  }, 120_000);
  afterAll(() => server?.stop());

  describeBroker('the RabbitMQ broker', (surroundings) => startRabbitBrokers(server, surroundings), {
    delaysMs: retryDelaysMs,
    inHandsMax: prefetch,
    boundMs: 20_000,
  });
});

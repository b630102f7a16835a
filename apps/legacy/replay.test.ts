import { fileURLToPath } from 'node:url';
import {
  aVirtualHost,
  loadStories,
  rabbitMqIsMissing,
  redisIsMissing,
  replayStory,
  startRedis,
  type TestRedis,
  type VirtualHost,
} from '@ticketbuddy/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServingLegacy } from './test-legacy.ts';

const stories = loadStories(fileURLToPath(new URL('../../testing/captures', import.meta.url)));

describe.skipIf(rabbitMqIsMissing() || redisIsMissing())('as recorded of the real legacy', () => {
  let [redis, rabbit, holds] = [] as unknown as [TestRedis, VirtualHost, Redis];
  beforeAll(async () => {
    [redis, rabbit] = await Promise.all([startRedis(), aVirtualHost()]);
    holds = new Redis(redis.url);
  });
  afterAll(async () => {
    holds.disconnect();
    await redis.stop();
  });

  it.each(stories.map((story) => [story.name, story] as const))('goes %s', async (_name, story) => {
    const { url: baseUrl } = await aServingLegacy({ redisUrl: redis.url, amqpUrl: rabbit.url });
    const { results } = await replayStory(story, {
      baseUrl,
      as: 'legacy',
      ownPaths: ['/health'],
      endHolds: async (ended) => {
        for (const { eventId, ticketId } of ended) await holds.del(`event:${eventId}:ticket:${ticketId}:reservation`);
      },
    });
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(5);
  });
});

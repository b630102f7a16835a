import { emptyTables, loadStories, replayStory, type Story } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shapes, startTestShop, type TestShop } from './test-shop.ts';

const stories = loadStories(new URL('../../testing/captures', import.meta.url).pathname);

describe.each(shapes)('in the shape "%s"', (shape) => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await startTestShop(shape);
  });
  afterAll(() => shop?.stop());

  it.each(stories)('clients notice nothing but the missing bugs: $name', async (story: Story) => {
    await emptyTables(shop.database.pool);
    const { results } = await replayStory(story, {
      baseUrl: shop.url,
      as: 'next',
      endHolds: (holds) => shop.endHolds(holds.map(({ ticketId }) => ticketId)),
    });
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(0);
  });
});

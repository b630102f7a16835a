import { expect, it } from 'vitest';
import { counter } from './instruments.ts';
import { gauge, metricsText } from './metrics-text.ts';

it('what never answers and what fails is left out, and the rest is told', async () => {
  const never = () => new Promise<never>(() => undefined);
  const fails = () => Promise.reject(new Error('away'));
  const works = async () => [gauge('test_works', 'Works.', [{ value: 1 }])];
  const text = await metricsText([never, fails, works]);
  expect(text).toContain('# HELP test_works Works.\n# TYPE test_works gauge\ntest_works 1\n');
});

it('a label may hold anything', async () => {
  counter('test_total', 'Test.').add(2, { of: 'a "quoted"\\\nline' });
  expect(await metricsText([])).toContain('\ntest_total{of="a \\"quoted\\"\\\\\\nline"} 2\n');
});

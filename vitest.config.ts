import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', 'testing/planted/**'],
    globalSetup: ['testing/global-setup.ts'],
    // Many tests wait for brokers and processes: one more than the cores of a small machine keeps it busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // A replication slot waits for every transaction of the server, those of other tests included.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// A minute and more each, the longest first; some of them mostly wait, which leaves the processor to the others.
const longest = [
  'apps/api/messaging-runs.test.ts',
  'contexts/tickets/simulation.test.ts',
  'scripts/check/planted.test.ts',
  'apps/api/messaging-faults.test.ts',
  'apps/api/messaging-database-faults.test.ts',
  'contexts/tickets/selling.property.test.ts',
  'apps/api/messaging-runs-rabbitmq.test.ts',
  'contexts/tickets/crashes.test.ts',
  'platform/messaging/broker-admin.test.ts',
  'platform/messaging/masstransit-peer.test.ts',
  'platform/messaging/conformance.test.ts',
  'apps/gateway/gateway.test.ts',
].map((path) => join(import.meta.dirname, path));

const gone = longest.filter((path) => !existsSync(path));
if (gone.length > 0) throw new Error(`These tests are to begin first, and are not there: ${gone.join(', ')}`);

/**
 * Begins with the files that take longest: one that began last would keep one core busy while the others are done. A new
 * machine knows of no earlier run and would go by the size of the files, and the longest are not the largest.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const at = longest.indexOf(moduleId);
  return at === -1 ? longest.length : at;
}

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

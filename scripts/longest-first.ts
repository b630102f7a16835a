import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// A minute and more each, the longest first; some of them mostly wait, which leaves the processor to the others.
const longest = [
  'contexts/tickets/simulation.test.ts',
  'apps/api/messaging-faults.test.ts',
  'apps/api/messaging-database-faults.test.ts',
  'contexts/tickets/selling.property.test.ts',
  'apps/api/messaging-runs-rabbitmq.test.ts',
  'contexts/tickets/crashes.test.ts',
  'platform/messaging/broker-admin.test.ts',
  'platform/messaging/masstransit-peer.test.ts',
  'platform/messaging/conformance.test.ts',
  'apps/gateway/gateway.test.ts',
].map((path) => join(import.meta.dirname, '..', path));

/**
 * Begins with the files that take longest: one that began last would keep one core busy while the others are done. A new
 * machine knows of no earlier run and would go by the size of the files, and the longest are not the largest.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = longest.filter((path) => !existsSync(path));
    if (gone.length > 0) throw new Error(`scripts/longest-first.ts names files that are not there: ${gone.join(', ')}`);
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const at = longest.indexOf(moduleId);
  return at === -1 ? longest.length : at;
}

import { checkBoundaries } from './boundaries.ts';
import type { Check } from './check.ts';
import { checkContracts } from './contracts.ts';
import { checkDeadCode } from './dead-code.ts';
import { checkLint } from './lint.ts';
import { checkSizes } from './sizes.ts';
import { checkTables } from './tables.ts';
import { checkTypes } from './types.ts';

/** Everything `npm run check` runs, the quick ones first. */
export const checks: readonly Check[] = [
  { name: 'types', about: 'the native TypeScript compiler over every file', run: checkTypes },
  { name: 'lint', about: 'format and lint (biome)', run: checkLint },
  { name: 'sizes', about: 'files up to 300 lines, functions up to 70', run: checkSizes },
  { name: 'boundaries', about: 'who imports whom, SQL, the environment, entries', run: checkBoundaries },
  { name: 'dead-code', about: 'files, exports and dependencies that nothing uses', run: checkDeadCode },
  { name: 'contracts', about: 'schemas written and compatible with the last commit', run: checkContracts },
  { name: 'tables', about: 'table types equal to a freshly migrated database', run: checkTables },
];

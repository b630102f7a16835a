export { canonicalText, type Kind } from './canonical.ts';
export { type ColumnDiff, compare, type Databases, type Diff, type Parity } from './compare.ts';
export type { Compared, ComparedColumn, Place, Range } from './compared.ts';

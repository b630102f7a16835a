export { compared } from './compared.ts';
export type { ColumnMapping, TableMapping, To } from './mapping.ts';
export { readBack } from './store.ts';
export { tableTarget } from './table-target.ts';

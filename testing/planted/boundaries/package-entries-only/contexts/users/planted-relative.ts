import { createPool } from '../../platform/postgres/index.ts';

export const planted = createPool;

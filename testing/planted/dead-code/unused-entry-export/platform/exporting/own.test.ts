import { planted } from './index.ts';

export const used = planted;

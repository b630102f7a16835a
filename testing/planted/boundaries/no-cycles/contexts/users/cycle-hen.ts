import { egg } from './cycle-egg.ts';

export const hen = (): unknown => egg;

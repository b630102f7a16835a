import { hen } from './cycle-hen.ts';

export const egg = (): unknown => hen;

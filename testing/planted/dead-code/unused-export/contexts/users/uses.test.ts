import { used } from './planted-export.ts';
import { used as other } from './planted-type.ts';

export const both = [used, other];

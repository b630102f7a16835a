export { planted } from './own.ts';

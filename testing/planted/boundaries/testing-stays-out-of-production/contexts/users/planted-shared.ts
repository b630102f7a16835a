export { planted } from './test-shared.ts';

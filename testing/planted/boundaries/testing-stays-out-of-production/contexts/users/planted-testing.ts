export { planted } from '../../testing/for-production.ts';

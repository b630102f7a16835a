export { planted } from './imported.test.ts';

export { planted } from '../scripts/imported.ts';

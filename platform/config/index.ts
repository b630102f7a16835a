export { type Config, type Known, readConfig } from './config.ts';

export { type Clock, systemClock } from './clock.ts';
export type { Deps, Module } from './module.ts';

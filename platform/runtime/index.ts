export { type Clock, systemClock } from './clock.ts';
export { groupCommit } from './group-commit.ts';
export type { Deps, Module } from './module.ts';
export { startModules } from './start-modules.ts';

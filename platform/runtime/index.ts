export { type Clock, systemClock } from './clock.ts';
export { housekeeping, pruneInboxJob, pruneOutboxJob } from './housekeeping.ts';
export { legacyConsumers } from './legacy-consumers.ts';
export type { Deps, JobDeps, Module } from './module.ts';
export { startModuleJobs } from './start-jobs.ts';
export { startModules } from './start-modules.ts';

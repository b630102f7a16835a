export { prepareTakeover } from './prepare.ts';
export { resumeSwitch, type SwitchOptions, switchUnit } from './switch-unit.ts';
export type { Place, Takeover, UnitPlan } from './takeover.ts';
export { startWorker, type Worker, type WorkerOptions } from './worker.ts';

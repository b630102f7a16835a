export { abandonTakeover } from './abandon.ts';
export { gates } from './gates.ts';
export type { Said, Saying, UnitMessages } from './messages.ts';
export { dropMover, knownMoverUrl, moverUrl } from './mover.ts';
export { type Gate, needs } from './needs.ts';
export { prepareTakeover } from './prepare.ts';
export { schema } from './schema.ts';
export { lookAgain } from './second-look.ts';
export { candidateOf, isNear, type ShadowOf, shadowOf, shadowReport } from './shadowing.ts';
export { type Status, status, type WayStatus } from './status.ts';
export type { MoveAnswer } from './store-requests.ts';
export {
  beginShadow,
  createReadShares,
  type ReadShare,
  readShares,
  setReadShare,
  setShadowShare,
} from './store-shares.ts';
export { resumeSwitch, type SwitchOptions, switchUnit } from './switch-unit.ts';
export { type Place, streamOf, type Takeover, tablesAt, tapQueueOf, type UnitPlan } from './takeover.ts';
export { verifyAll } from './verify-all.ts';
export { startWorker, type Worker, type WorkerOptions } from './worker.ts';

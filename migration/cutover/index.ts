export type { Act, Entry } from './act.ts';
export { type Admission, Edge, type EdgeOptions } from './edge.ts';
export {
  changeOwner,
  FenceBusy,
  fenceFaults,
  lowerFence,
  OwnerDiffers,
  raiseFence,
  readFence,
  removeFence,
} from './fence.ts';
export { holdWrites, releaseWrites, tellEdgesOfOwner } from './hold-writes.ts';
export {
  addToJournal,
  noteAct,
  openJournal,
  readJournal,
  type Verdict,
  verifyJournal,
} from './journal.ts';
export { beginMove, conduct, endMove, lastMove, type Move } from './move.ts';
export type { Blocker, Fence, FencePlan, Owner, OwnerChange, Ownership, Side } from './owner.ts';
export { type Mark, type MoveRecord, type Outcome, type Step, type Walk, walk } from './steps.ts';
export { createEdgeTables } from './store-edges.ts';
export { fenceOldOwner, nameNewOwner, type OwnerSwitch, openNewOwner } from './switch-owner.ts';

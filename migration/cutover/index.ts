export {
  type Blocker,
  changeOwner,
  type Fence,
  FenceBusy,
  type FencePlan,
  fencedState,
  fenceFaults,
  isFenced,
  type Owner,
  type OwnerChange,
  OwnerDiffers,
  type Ownership,
  raiseFence,
  readFence,
  removeFence,
  type Side,
} from './fence.ts';
export {
  type Act,
  addToJournal,
  type Entry,
  openJournal,
  readJournal,
  type Verdict,
  verifyJournal,
} from './journal.ts';
export { beginMove, conduct, endMove, lastMove, type Move } from './move.ts';
export { type Mark, type MoveRecord, type Outcome, type Step, type Walk, walk } from './steps.ts';

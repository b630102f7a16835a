export { canonicalText, type Kind } from './canonical.ts';
export { compare, type Parity } from './compare.ts';
export {
  type ConfirmedDiff,
  compareFollowed,
  type FollowedOptions,
  type FollowedParity,
} from './compare-followed.ts';
export type { Compared, ComparedColumn, Place, Range } from './compared.ts';
export type { ColumnDiff, Diff } from './diffs.ts';
export type { Changed, ChangedRange, Followed, FollowedTable, LastChange } from './followed.ts';
export { checkInvariants, type Invariant, type InvariantCheck } from './invariants.ts';
export type { Databases } from './pieces.ts';
export { type Proof, type ProofLimits, type ProofPlace, readProof } from './proof.ts';
export { type KeyFeed, openVerifier, type VerifiedTable, type Verifier, type VerifierOptions } from './verifier.ts';
export { type VerifyPass, verifyPass } from './verify-pass.ts';

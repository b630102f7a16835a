export type { Finding } from './judge.ts';
export type { KeyKind, PairedColumn, Plan } from './plan.ts';
export type { ValueKind } from './readings.ts';
export { type SecondLook, type SecondLookOptions, secondLook } from './second-look.ts';

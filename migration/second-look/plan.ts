import type { ValueKind } from './readings.ts';

/** Kinds whose order is known here as well as in the database. */
export type KeyKind = 'uuid' | 'integer' | 'text';

/** A column of the source and the one of the target that has to hold the same. */
export type PairedColumn = {
  readonly source: string;
  readonly target: string;
  readonly kind: ValueKind;
  /** What findings call it; the target's name if unset. */
  readonly name?: string;
  /** Turns the source's text into the one that the target should have; null is no text. */
  readonly as?: (text: string | null) => string | null;
};

/** Two tables and how their columns go together. Columns are plain names; the tables are as SQL names them. */
export type Plan = {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly key: { readonly source: string; readonly target: string; readonly kind: KeyKind };
  readonly columns: readonly PairedColumn[];
};

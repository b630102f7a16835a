export type DifferenceKind = 'status' | 'header' | 'missing' | 'extra' | 'value' | 'type' | 'order' | 'length' | 'text';

/** One place where two answers differ. `null` on the side that has nothing there. */
export type Difference = {
  /** `status`, `header location`, or a path into the JSON with every index as `*`: `$.Events[*].Price`. */
  readonly path: string;
  /** The same with the index: `$.Events[3].Price`. */
  readonly at: string;
  readonly kind: DifferenceKind;
  readonly control: string | null;
  readonly candidate: string | null;
};

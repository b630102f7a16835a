/** One thing that an answer has otherwise than expected: where, as `status`, `header allow` or `body $.Price`. */
export type Difference = { readonly where: string; readonly expected: string; readonly got: string };

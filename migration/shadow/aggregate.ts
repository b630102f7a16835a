import type { Row } from '@ticketbuddy/change-stream';

/** What an answer depends on: the rows that have these values, or, without `values`, the whole table. */
export type Aggregate = { readonly table: string; readonly values?: Row };

/** One text for one aggregate, in whatever order its columns are named. */
export function keyOf(values: Row): string {
  return JSON.stringify(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)));
}

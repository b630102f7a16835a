import type { SourceTable } from '@ticketbuddy/change-stream';
import type { ColumnMapping, TableMapping, To } from './mapping.ts';

/** One way of a mapping. */
export type Direction = {
  readonly from: SourceTable;
  readonly into: SourceTable;
  readonly columns: readonly DirectedColumn[];
  readonly extra: Readonly<Record<string, string>>;
};

export type DirectedColumn = {
  readonly from: string;
  readonly into: string;
  readonly fromType: string;
  readonly convert: ((value: string) => string) | undefined;
  readonly convertBack: ((value: string) => string) | undefined;
  readonly refuse: ((text: string) => string | undefined) | undefined;
};

export function directionOf(mapping: TableMapping, to: To): Direction {
  const { legacy, next, columns, nextOnly = {} } = mapping;
  if (to === 'next') return { from: legacy, into: next, columns: columns.map(toNext), extra: nextOnly };
  return { from: next, into: legacy, columns: columns.map(toLegacy), extra: {} };
}

function toNext({ legacy, next, legacyType, toNext: convert, toLegacy: convertBack, refuse }: ColumnMapping) {
  return { from: legacy, into: next, fromType: legacyType, convert, convertBack, refuse };
}

function toLegacy({ legacy, next, legacyType, nextType = legacyType, ...column }: ColumnMapping) {
  return {
    from: next,
    into: legacy,
    fromType: nextType,
    convert: column.toLegacy,
    convertBack: column.toNext,
    refuse: undefined,
  };
}

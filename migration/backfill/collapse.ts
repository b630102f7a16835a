import type { Change, Key, Row } from '@ticketbuddy/change-stream';

/** What changes of one table come to: first empty it, if so, then delete, then upsert. No key is in both lists. */
export type Net = {
  readonly isTruncated: boolean;
  readonly deleted: readonly Key[];
  readonly upserted: readonly Row[];
};

/** For an `apply` that writes with one statement per kind, which must not meet the same row twice. */
export function collapse(changes: readonly Change[], key: readonly string[]): Net {
  const deleted = new Map<string, Key>();
  const upserted = new Map<string, Row>();
  let isTruncated = false;
  for (const change of changes) {
    if (change.operation === 'truncate') {
      isTruncated = true;
      deleted.clear();
      upserted.clear();
    } else if (change.operation === 'delete') {
      upserted.delete(keyText(change, key));
      deleted.set(keyText(change, key), change.oldKey);
    } else {
      deleted.delete(keyText(change, key));
      upserted.set(keyText(change, key), change.row);
    }
  }
  return { isTruncated, deleted: [...deleted.values()], upserted: [...upserted.values()] };
}

/** The key of the changed row, as one text. */
export function keyText(change: Exclude<Change, { operation: 'truncate' }>, key: readonly string[]): string {
  const values: Row = change.operation === 'delete' ? change.oldKey : change.row;
  return JSON.stringify(key.map((column) => values[column]));
}

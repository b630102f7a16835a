export type NewCopyReason =
  | 'slot-missing'
  | 'slot-invalidated'
  | 'slot-over-limit'
  | 'position-before-slot'
  | 'table-unpublished'
  | 'trigger-missing';

const reasons: Readonly<Record<NewCopyReason, string>> = {
  'slot-missing': 'nothing keeps its changes (its replication slot does not exist, or its triggers were taken off)',
  'slot-invalidated': 'the server has invalidated its replication slot',
  'slot-over-limit': 'more was kept for it than is allowed, and was thrown away to save the disk',
  'table-unpublished': 'a table of it is not in its publication, as happens to one that was dropped and made again',
  'position-before-slot': 'what came after the position that was saved is not kept any more',
  'trigger-missing': 'a table of it was without the triggers that capture its changes, if only for a moment',
};

/**
 * Changes are lost to the stream for good: `abandon`, `prepare` and copy again. No later success mends it, so code must
 * never go on after it.
 */
export class NewCopyNeeded extends Error {
  readonly reason: NewCopyReason;

  constructor(unit: string, reason: NewCopyReason, details = '') {
    super(`The unit ${unit} needs a new copy: ${reasons[reason]}${details}.`);
    this.name = 'NewCopyNeeded';
    this.reason = reason;
  }
}

/**
 * A table of the source is not what it was when the unit was prepared. Everything before was delivered, nothing after it;
 * when the mapping knows the new columns, `acceptSchema` lets the stream go on from there.
 */
export class SchemaChanged extends Error {
  readonly table: string;

  constructor(table: string, known: string, found: string) {
    super(`The source's table ${table} has changed: it was ${known} and is ${found}.`);
    this.name = 'SchemaChanged';
    this.table = table;
  }
}

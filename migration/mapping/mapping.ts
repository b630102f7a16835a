import type { SourceTable } from '@ticketbuddy/change-stream';
import type { Kind } from '@ticketbuddy/parity';

/** A fact of a row, which both systems keep in a column each. */
export type ColumnMapping = {
  /** The columns, by their bare names. */
  readonly legacy: string;
  readonly next: string;
  /** As the new system keeps it, and so how both are compared. */
  readonly kind: Kind;
  /** SQL types; that of the legacy is also the new one's when that is unset. */
  readonly legacyType: string;
  readonly nextType?: string;
  /** SQL of the new system's value, given SQL of the legacy's, and back. Unset: the value itself. */
  readonly toNext?: (legacy: string) => string;
  readonly toLegacy?: (next: string) => string;
  /** The text that the new system has for an exact text of the legacy, made by other means than SQL: for a second look. */
  readonly readAgain?: (legacy: string) => string | null;
  /** Why the new system has no faithful value for the exact text of one, for the person who has to mend the row. */
  readonly refuse?: (text: string) => string | undefined;
};

/** Two tables that hold the same rows. */
export type TableMapping = {
  readonly legacy: SourceTable;
  readonly next: SourceTable;
  readonly columns: readonly ColumnMapping[];
  /** What is besides written with each row that comes from the legacy: SQL by the new table's column. */
  readonly nextOnly?: Readonly<Record<string, string>>;
};

export type To = 'legacy' | 'next';

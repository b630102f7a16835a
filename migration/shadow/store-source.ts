import type { Position } from '@ticketbuddy/change-stream';
import type pg from 'pg';

/** What the source showed, and how far its log went, when one question was answered. */
export type Moment = {
  /** `pg_current_snapshot()`. */
  readonly snapshot: string;
  /** `pg_current_wal_insert_lsn()`: whatever was seen before the question was asked is below it. */
  readonly end: Position;
  /** When it was there, by `performance.now()`. */
  readonly atMs: number;
};

/** One statement: the snapshot is taken when it begins, and the end of the log is read after that. */
export async function readMoment(source: pg.Pool): Promise<Moment> {
  const { rows } = await source.query<Pick<Moment, 'snapshot' | 'end'>>(
    `select pg_current_snapshot()::text as snapshot, pg_current_wal_insert_lsn()::text as "end"`,
    [],
  );
  return { ...(rows[0] as Pick<Moment, 'snapshot' | 'end'>), atMs: performance.now() };
}

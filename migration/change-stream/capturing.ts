import type pg from 'pg';
import type { Batch } from './batch.ts';
import type { Position } from './position.ts';
import type { Shape } from './shape.ts';
import type { Captured, Queryable } from './store.ts';
import type { SourceTable, Unit } from './unit.ts';

/** What the source keeps for a stream that has not acknowledged it. */
export type Kept = {
  readonly bytes: number;
  /** Somebody reads it. */
  readonly isActive: boolean;
  /** What came up to here is gone, or may go; `null` before anybody has said so. */
  readonly confirmed: Position | null;
  /** It has kept nothing more since there was too much of it: what is kept is of no use. */
  readonly isCutOff: boolean;
};

/** A way to learn what is committed in a source: all that differs between the ways is here. */
export type Capturing = {
  readonly kind: 'log' | 'triggers';
  /** A part of what makes the source ready: once, with the schema of the unit; then for each table, under its lock; then at the end. */
  createTables(client: pg.PoolClient, unit: Unit): Promise<void>;
  takeTable(client: pg.PoolClient, table: SourceTable): Promise<void>;
  finish(client: pg.PoolClient, unit: Unit): Promise<void>;
  /** The table as its rows are captured; `undefined` when it does not exist. */
  readShape(client: Queryable, table: SourceTable): Promise<Shape | undefined>;
  /** Throws `SchemaChanged` when a table is gone, `NewCopyNeeded` when changes of one pass by. */
  assertWhole(client: Queryable, unit: Unit): Promise<void>;
  /** What was saved as the tables' shapes is what they look like from now on. */
  acceptShapes(pool: pg.Pool, unit: Unit): Promise<void>;
  /** Makes what an older version had not made yet. Throws what `assertWhole` does. */
  renew(pool: pg.Pool, unit: Unit): Promise<void>;
  /** Puts a table back as it was, under its lock. */
  releaseTable(client: pg.PoolClient, unit: Unit, table: Captured): Promise<void>;
  /** Begins to keep changes; answers the position behind which all are kept. Throws a conflict when it has begun already. */
  begin(pool: pg.Pool, unit: Unit): Promise<Position>;
  /** Ends whoever reads, and keeps nothing any more. */
  end(pool: pg.Pool, unit: Unit): Promise<void>;
  /** Throws `NewCopyNeeded` when nothing is kept. */
  readKept(pool: pg.Pool, unit: Unit): Promise<Kept>;
  openFeed(options: FeedOptions): Feed;
};

export type FeedOptions = {
  readonly url: string;
  readonly unit: Unit;
  readonly shapes: readonly Shape[];
  readonly from: Position;
  /** Transactions that carry this origin are ours: their changes are left out. */
  readonly skippedOrigin: string | undefined;
  /** Settles when the next one may come. */
  readonly hold: (batch: Batch) => Promise<void>;
  /** No later try mends this. */
  readonly fail: (error: unknown) => void;
};

/** Batches as they come from the source, for as long as one connection lives. */
export type Feed = {
  /** Settles when it has ended; rejects with the reason, if there is one. */
  readonly ended: Promise<unknown>;
  /** All up to there is durable at the consumer. Called at intervals, also with the same position again. */
  acknowledge(position: Position): void;
  close(): Promise<void>;
};

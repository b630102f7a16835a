import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { overloaded } from '@ticketbuddy/errors';
import { currentTrace, outsideTraces, recordTogether, type Trace } from '@ticketbuddy/telemetry';
import { transactionSpan } from './transaction-span.ts';

type Waiting<C, A> = {
  readonly command: C;
  readonly trace: Trace | undefined;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
};

/** How time passes here; a simulation lets it pass as it likes. */
export type Pace = {
  /** Is over when all has come that comes in this turn of the event loop. */
  readonly turn: () => Promise<unknown>;
  /** In milliseconds, from any moment on; never goes back. */
  readonly elapsedMs: () => number;
};

export const realPace: Pace = { turn, elapsedMs: () => performance.now() };

export type GroupCommitOptions = {
  /** Says of an error that trying again now is useless: then the whole batch fails with it. */
  readonly isLost?: (error: unknown) => boolean;
  readonly largestBatch?: number;
  /** A command that would have to wait longer than that for its batch is refused when it comes (`overloaded`). */
  readonly waitMsMax?: number;
  readonly pace?: Pace;
};

/**
 * Decides commands that arrive together in one go: a batch is what came in one turn of the event loop, or while the last
 * batch ran. `decide` answers each command of its batch, in order. When it throws, the batch is tried again in halves, so
 * that only the commands that cannot be decided fail. `decide` runs as part of nobody's trace; each command's own gets a
 * span for the batch.
 */
export function groupCommit<C, A>(
  decide: (commands: readonly C[]) => Promise<readonly A[]>,
  options: GroupCommitOptions = {},
): (command: C) => Promise<A> {
  const { isLost = () => false, largestBatch = 64, waitMsMax = Number.POSITIVE_INFINITY, pace = realPace } = options;
  const queue: Waiting<C, A>[] = [];
  let running = false;
  let batchBegan = 0;
  let batchMs = 0;

  return (command) =>
    new Promise<A>((resolve, reject) => {
      if (waitMs() > waitMsMax) return reject(overloaded());
      queue.push({ command, trace: currentTrace(), resolve, reject });
      if (!running) void outsideTraces(run);
    });

  // What has run so far is at hand, and the full batches that wait; the one that is not full yet is the command's own.
  function waitMs(): number {
    if (!running) return 0;
    const ranMs = pace.elapsedMs() - batchBegan;
    return ranMs + Math.floor(queue.length / largestBatch) * Math.max(batchMs, ranMs);
  }

  // The next batch is under way before the last one's answers are told: to tell them keeps this thread busy for as long as
  // the database would otherwise have nothing to do.
  async function run(): Promise<void> {
    running = true;
    batchBegan = pace.elapsedMs();
    let tell = toldAlready;
    await pace.turn();
    while (queue.length > 0) {
      batchBegan = pace.elapsedMs();
      const settling = settle(queue.splice(0, largestBatch));
      if (tell !== toldAlready) await pace.turn();
      tell();
      tell = await settling;
      batchMs = 0.8 * batchMs + 0.2 * (pace.elapsedMs() - batchBegan);
    }
    running = false;
    tell();
  }

  /** Answers what tells the batch's answers. */
  async function settle(batch: readonly Waiting<C, A>[]): Promise<() => void> {
    const startedAt = performance.now();
    try {
      const answers = await decide(batch.map(({ command }) => command));
      assert.equal(answers.length, batch.length, 'every command of a batch has an answer');
      recordBatch(batch, startedAt);
      return () => batch.forEach(({ resolve }, nth) => void resolve(answers[nth] as A));
    } catch (error) {
      recordBatch(batch, startedAt, error);
      if (batch.length > 1 && !isLost(error)) return settleInHalves(batch);
      return () => batch.forEach(({ reject }) => void reject(error));
    }
  }

  async function settleInHalves(batch: readonly Waiting<C, A>[]): Promise<() => void> {
    const middle = Math.ceil(batch.length / 2);
    const tellFirst = await settle(batch.slice(0, middle));
    const tellSecond = await settle(batch.slice(middle));
    return () => {
      tellFirst();
      tellSecond();
    };
  }
}

function toldAlready(): void {}

function recordBatch(
  batch: readonly { readonly trace: Trace | undefined }[],
  startedAt: number,
  error?: unknown,
): void {
  const traces = batch.map(({ trace }) => trace);
  const attributes = { ...transactionSpan.attributes, 'ticketbuddy.batch.size': batch.length };
  recordTogether('transaction', traces, { ...transactionSpan, attributes, startedAt, error });
}

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { currentTrace, outsideTraces, recordTogether, type Trace } from '@ticketbuddy/telemetry';
import { transactionSpan } from './transaction-span.ts';

type Waiting<C, A> = {
  readonly command: C;
  readonly trace: Trace | undefined;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Decides commands that arrive together in one go: a batch is what came in one turn of the event loop, or while the last
 * batch ran, `largestBatch` at most. `decide` answers each command of its batch, in order. When it throws, the batch is
 * tried again in halves, so that only the commands that cannot be decided fail; `isLost` says of an error that trying
 * again now is useless: then the whole batch fails with it. `decide` runs as part of nobody's trace; each command's own
 * gets a span for the batch.
 */
export function groupCommit<C, A>(
  decide: (commands: readonly C[]) => Promise<readonly A[]>,
  isLost: (error: unknown) => boolean = () => false,
  largestBatch = 64,
): (command: C) => Promise<A> {
  const queue: Waiting<C, A>[] = [];
  let running = false;

  return (command) =>
    new Promise<A>((resolve, reject) => {
      queue.push({ command, trace: currentTrace(), resolve, reject });
      if (!running) void outsideTraces(run);
    });

  async function run(): Promise<void> {
    running = true;
    while (queue.length > 0) {
      await turn();
      await settle(queue.splice(0, largestBatch));
    }
    running = false;
  }

  async function settle(batch: readonly Waiting<C, A>[]): Promise<void> {
    const startedAt = performance.now();
    try {
      const answers = await decide(batch.map(({ command }) => command));
      assert.equal(answers.length, batch.length, 'every command of a batch has an answer');
      recordBatch(batch, startedAt);
      batch.forEach(({ resolve }, nth) => void resolve(answers[nth] as A));
    } catch (error) {
      recordBatch(batch, startedAt, error);
      if (batch.length === 1 || isLost(error)) for (const { reject } of batch) reject(error);
      else await settleInHalves(batch);
    }
  }

  async function settleInHalves(batch: readonly Waiting<C, A>[]): Promise<void> {
    const middle = Math.ceil(batch.length / 2);
    await settle(batch.slice(0, middle));
    await settle(batch.slice(middle));
  }
}

function recordBatch(
  batch: readonly { readonly trace: Trace | undefined }[],
  startedAt: number,
  error?: unknown,
): void {
  const traces = batch.map(({ trace }) => trace);
  const attributes = { ...transactionSpan.attributes, 'ticketbuddy.batch.size': batch.length };
  recordTogether('transaction', traces, { ...transactionSpan, attributes, startedAt, error });
}

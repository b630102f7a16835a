import assert from 'node:assert/strict';

const largestBatch = 64;

type Waiting<C, A> = {
  readonly command: C;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Decides commands that arrive together in one go: a batch is what came while the last one ran. `decide` answers each
 * command of its batch, in order. When it throws, the batch is tried again in halves, so that only the commands that
 * cannot be decided fail; `isLost` says of an error that trying again now is useless.
 */
export function groupCommit<C, A>(
  decide: (commands: readonly C[]) => Promise<readonly A[]>,
  isLost: (error: unknown) => boolean = () => false,
): (command: C) => Promise<A> {
  const queue: Waiting<C, A>[] = [];
  let running = false;

  return (command) =>
    new Promise<A>((resolve, reject) => {
      queue.push({ command, resolve, reject });
      if (!running) void run();
    });

  async function run(): Promise<void> {
    running = true;
    while (queue.length > 0) await settle(queue.splice(0, largestBatch));
    running = false;
  }

  async function settle(batch: readonly Waiting<C, A>[]): Promise<void> {
    try {
      const answers = await decide(batch.map(({ command }) => command));
      assert.equal(answers.length, batch.length, 'every command of a batch has an answer');
      batch.forEach(({ resolve }, nth) => void resolve(answers[nth] as A));
    } catch (error) {
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

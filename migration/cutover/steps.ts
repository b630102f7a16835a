import { setTimeout as sleep } from 'node:timers/promises';

/** A part of a move. What it does and undoes may have been done before, wholly or in part, and is then not done twice. */
export type Step<C> = {
  readonly name: string;
  /** Whether what it does is so by now: looked at, never remembered. */
  readonly check: (context: C) => Promise<boolean>;
  /** Answers what shows that it is done. Stops when the signal says so; it is undone then. */
  readonly do: (context: C, signal: AbortSignal) => Promise<unknown>;
  /** Unset: there is nothing to undo. */
  readonly undo?: (context: C) => Promise<unknown>;
  readonly msMax: number;
  /** Once it is so, the move is only ever finished; to return is another move. */
  readonly isFinal?: true;
};

export type Mark = {
  readonly step: string;
  readonly what: 'started' | 'done' | 'turned back' | 'undone';
  readonly evidence?: unknown;
  /** How long it took, of a step that is done. */
  readonly ms?: number;
};

/** Where a move stands, kept so that whoever comes next can go on. */
export type MoveRecord = {
  /** In the order in which they were made. */
  marks(): Promise<readonly Mark[]>;
  /** All of them or none. */
  mark(...marks: readonly Mark[]): Promise<void>;
  /** Aborted when nothing can be recorded any more: somebody else may go on with the move by then. */
  readonly lost?: AbortSignal;
};

export type Walk<C> = {
  readonly steps: readonly Step<C>[];
  readonly context: C;
  readonly record: MoveRecord;
  /** Whether a move that is not final yet has taken too long, and has to go back. */
  readonly isOverdue?: () => Promise<boolean>;
  /** Hears of each mark when it is made, which may be before it is written down. */
  readonly onMark?: (mark: Mark) => void;
};

/** The steps have all been done, or all been undone. */
export type Outcome = 'done' | 'undone';

/**
 * Walks a move to its end, from wherever the record and the world say that it stands: forward, or back when a step fails
 * before the final one. To be called again after it threw or its process died, by anybody, until it answers. Throws what a
 * step throws after the final one, and what an undo throws: then nothing but another try is right.
 */
export async function walk<C>(move: Walk<C>): Promise<Outcome> {
  const marks = await move.record.marks();
  // A final step that took too long may be so after all, since the move has turned back.
  const isBack = marks.some(({ what }) => what === 'turned back') && !(await isFinal(move));
  if (!isBack && (await goForward(move, marks))) return 'done';
  await goBack(move);
  return 'undone';
}

/** Answers whether all is done; otherwise the record says that the move has turned back. */
async function goForward<C>(move: Walk<C>, marks: readonly Mark[]): Promise<boolean> {
  const { steps, context, isOverdue = async () => false } = move;
  const notes = notesOf(move);
  // Nothing of it was done before then, and each look is one that the clients' writes wait for.
  const isNew = marks.length === 0;
  let isPast = false;
  for (const step of steps) {
    const isKnown = marks.some((mark) => mark.step === step.name && mark.what === 'done');
    if (!(isKnown && (await step.check(context)))) {
      try {
        if ((await isOverdue()) && !(await isFinal(move))) throw new Error('the move has taken longer than it may');
        notes.take({ step: step.name, what: 'started' });
        if (!isPast && isToBeUndone(step)) await notes.write();
        const startedAt = performance.now();
        const isSo = !isNew && (await step.check(context));
        const evidence = isSo ? 'it was so already' : await inTime(step, move);
        notes.take({ step: step.name, what: 'done', evidence, ms: Math.round(performance.now() - startedAt) });
      } catch (error) {
        if (await isFinal(move)) throw error;
        notes.take({ step: step.name, what: 'turned back', evidence: reasonOf(error) });
        await notes.write();
        return false;
      }
    }
    isPast ||= step.isFinal === true;
  }
  await notes.write();
  return true;
}

/**
 * Marks are written down before something is done that may have to be undone, and at the end: each time is one that the
 * clients' writes wait for. Past the final step nothing is undone, so nothing need be known before it is done.
 */
function notesOf<C>({ record, onMark = () => undefined }: Walk<C>) {
  const taken: Mark[] = [];
  return {
    take(mark: Mark): void {
      taken.push(mark);
      onMark(mark);
    },
    async write(): Promise<void> {
      if (taken.length > 0) await record.mark(...taken.splice(0));
    },
  };
}

function isToBeUndone<C>({ undo, isFinal }: Step<C>): boolean {
  return undo !== undefined || isFinal === true;
}

async function goBack<C>({ steps, context, record }: Walk<C>): Promise<void> {
  const marks = await record.marks();
  const has = (step: Step<C>, what: Mark['what']) =>
    marks.some((mark) => mark.step === step.name && mark.what === what);
  for (const step of steps.toReversed()) {
    if (!has(step, 'started') || has(step, 'undone')) continue;
    const evidence = await step.undo?.(context);
    await record.mark({ step: step.name, what: 'undone', evidence });
  }
}

async function isFinal<C>({ steps, context }: Walk<C>): Promise<boolean> {
  for (const step of steps) if (step.isFinal && (await step.check(context))) return true;
  return false;
}

async function inTime<C>(step: Step<C>, { context, record: { lost } }: Walk<C>): Promise<unknown> {
  const [over, done] = [new AbortController(), new AbortController()];
  const signal = lost ? AbortSignal.any([over.signal, lost]) : over.signal;
  const late = sleep(step.msMax, undefined, { signal: done.signal, ref: false }).then(
    () => {
      const error = new Error(`${step.name} took longer than ${step.msMax} ms`);
      over.abort(error);
      throw error;
    },
    () => new Promise<never>(() => undefined),
  );
  try {
    const doing = step.do(context, signal);
    // What comes after the limit is nobody's any more: the undo sees to what it may still have done.
    doing.catch(() => undefined);
    const evidence = await Promise.race([doing, late]);
    signal.throwIfAborted();
    return evidence;
  } finally {
    done.abort();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

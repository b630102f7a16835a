import type { Entry } from './history.ts';

/** One use of an event as a register that holds one value at a time. */
export type Operation = {
  readonly does: 'write' | 'read';
  /** The number of the write that wrote it; `nothing` before the first. */
  readonly value: number;
  readonly sentAt: number;
  /** Infinity for a write without an answer: it may still happen. */
  readonly answeredAt: number;
  /** `undefined`: the row as it is in the end. */
  readonly entry: Entry | undefined;
};

export type Accusation = {
  readonly kind: 'stale' | 'resurrected';
  readonly read: Operation;
  /** The value that was surely there after the one that was read, and before it was asked for. */
  readonly newer: number;
};

export const nothing = 0;

/**
 * Names the reads that no order of the operations explains, where each happens at one moment between being sent and being
 * answered. A value is over as soon as another began (its write, or a read that showed it, was sent) after this one was there (its
 * write, or a read that showed it, was answered), and the other is in effect once it was there. A read is accused when
 * it was sent after its value was over and the other in effect: `resurrected` if somebody had read such a newer value before, else
 * `stale`. An accused read begins nothing, so that the right ones after it are not accused because of it.
 *
 * Without accused reads the operations can be put in order, and where they can be, none is accused: values are written once,
 * so that two that contradict each other are all it takes (Gibbons and Korach, Testing Shared Memories, 1997, section 4).
 */
export function judgeRegister(operations: readonly Operation[]): Accusation[] {
  const accusations: Accusation[] = [];
  const values = createValues();
  for (const { operation, isStart } of momentsOf(operations)) {
    const accusation = isStart && operation.does === 'read' ? values.judge(operation) : undefined;
    if (accusation) accusations.push(accusation);
    else if (isStart) values.start(operation);
    else values.end(operation);
  }
  return accusations;
}

type Moment = { readonly at: number; readonly isStart: boolean; readonly operation: Operation };

function momentsOf(operations: readonly Operation[]): Moment[] {
  const moments = operations.flatMap((operation): Moment[] => {
    const start = { at: operation.sentAt, isStart: true, operation };
    if (operation.answeredAt === Number.POSITIVE_INFINITY) return [start];
    return [start, { at: operation.answeredAt, isStart: false, operation }];
  });
  return moments.sort(byTime);
}

// What ends at the moment at which another starts may have overlapped it.
function byTime(one: Moment, other: Moment): number {
  if (one.at === other.at) return Number(other.isStart) - Number(one.isStart);
  return one.at - other.at;
}

/** What is known of the values up to a moment. */
function createValues() {
  const startedAt = new Map<number, number>();
  const thereAt = new Map([[nothing, Number.NEGATIVE_INFINITY]]);
  const wereRead = new Set<number>();
  const [inEffect, read] = [createLatest(), createLatest()];
  return {
    start({ value, sentAt }: Operation): void {
      // Moments come in order, so that this is the latest start.
      startedAt.set(value, sentAt);
      if (thereAt.has(value)) inEffect.note(value, sentAt);
      if (wereRead.has(value)) read.note(value, sentAt);
    },
    end({ does, value, answeredAt }: Operation): void {
      const started = startedAt.get(value) ?? Number.NEGATIVE_INFINITY;
      if (!thereAt.has(value)) thereAt.set(value, answeredAt);
      inEffect.note(value, started);
      if (does === 'write') return;
      wereRead.add(value);
      read.note(value, started);
    },
    judge(operation: Operation): Accusation | undefined {
      const wasThereAt = thereAt.get(operation.value) ?? Number.POSITIVE_INFINITY;
      const [seen, newer] = [read.besides(operation.value), inEffect.besides(operation.value)];
      if (seen.startedAt > wasThereAt) return { kind: 'resurrected', read: operation, newer: seen.value };
      return newer.startedAt > wasThereAt ? { kind: 'stale', read: operation, newer: newer.value } : undefined;
    },
  };
}

type Started = { readonly value: number; readonly startedAt: number };

/** Which of some values was started last, and which last of all the others: starts only get later. */
function createLatest() {
  const never: Started = { value: -1, startedAt: Number.NEGATIVE_INFINITY };
  let [first, second] = [never, never];
  return {
    note(value: number, startedAt: number): void {
      const started = { value, startedAt };
      if (value === first.value) first = started;
      else if (startedAt > first.startedAt) [first, second] = [started, first];
      else if (startedAt > second.startedAt) second = started;
    },
    besides(value: number): Started {
      return first.value === value ? second : first;
    },
  };
}

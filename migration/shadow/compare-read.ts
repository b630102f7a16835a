import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, wholeAnswer } from './answer.ts';
import type { Budget } from './budget.ts';
import type { Circuit } from './circuit.ts';
import { compareAnswers } from './diff.ts';
import type { Difference } from './difference.ts';
import type { IdleTurns } from './idle.ts';
import { isForAnybody, type Read } from './read.ts';
import { keysOfArrays, type Rules } from './rules.ts';
import type { Moment } from './store-source.ts';
import type { Asked, Upstream } from './upstream.ts';
import type { Versions } from './versions.ts';

export type Parts = {
  readonly control: Upstream;
  readonly candidate: Upstream;
  readonly versions: Versions;
  readonly circuit: Circuit;
  readonly idle: IdleTurns;
  readonly rules: Pick<Rules, 'arrays'>;
};

export type Comparison =
  | {
      readonly outcome: 'compared';
      readonly differences: readonly Difference[];
      /** Between two answers of the control, when it was asked twice. */
      readonly noise: readonly Difference[] | undefined;
    }
  | { readonly outcome: 'not comparable'; readonly reason: string };

/** An answer of the control, and what the source showed at most before it was asked. */
export type Given = { readonly answer: Answer; readonly since: Moment };

/** What the client was told, if it can be compared with what we are told. */
export function givenTo(read: Read, bodyBytesMax: number): Given | undefined {
  const answer = read.since && isForAnybody(read) ? wholeAnswer(read.answer, bodyBytesMax) : undefined;
  return answer && read.since && { answer, since: read.since };
}

/**
 * Compares one read at one version of its aggregates. Without `given`, and again whenever they have moved, the control is
 * asked anew, up to a number of tries. Throws what keeps the versions from being known.
 */
export async function compareRead(
  parts: Parts,
  read: Read,
  budget: Budget,
  how: { readonly given: Given | undefined; readonly isTwice: boolean },
): Promise<Comparison> {
  let { given } = how;
  for (let nth = 1; ; nth++) {
    const found = await compareOnce(parts, read, budget, { ...how, given });
    if (found !== moved) return found;
    if (nth >= budget.triesMax) return notComparable('moved');
    given = undefined;
    await delay(againMs * 2 ** (nth - 1));
    if (!parts.circuit.mayAsk(performance.now())) return notComparable('candidate rests');
  }
}

const againMs = 50;
const moved = Symbol('moved');

async function compareOnce(
  parts: Parts,
  read: Read,
  budget: Budget,
  { given, isTwice }: Parameters<typeof compareRead>[3],
): Promise<Comparison | typeof moved> {
  const { control, candidate, versions, circuit, idle, rules } = parts;
  const since = given?.since ?? (await versions.next());
  if (!given) await idle.turn();
  const first: Asked = given ? { outcome: 'answered', ...given } : await control.ask(read, budget);
  if (first.outcome !== 'answered') return unanswered('control', first);
  if (!(await isAppliedByNow(versions))) return notComparable('target behind');
  await idle.turn();
  const second = await candidate.ask(read, budget);
  note(circuit, second);
  if (second.outcome !== 'answered') return unanswered('candidate', second);
  if (isTwice) await idle.turn();
  // After the candidate, so that the two answers of the control are further apart than those that are compared.
  const third = isTwice ? await control.ask(read, budget) : undefined;
  if (third && third.outcome !== 'answered') return unanswered('control', third);
  if (third && !(await isAppliedByNow(versions))) return notComparable('target behind');
  if (await versions.hasMoved(since, read.aggregates)) return moved;
  const compare = (other: Answer) => compareAnswers(first.answer, other, keysOfArrays(rules, read.endpoint));
  return { outcome: 'compared', differences: compare(second.answer), noise: third && compare(third.answer) };
}

/** Waits until the target has all that the source can have shown up to now. */
async function isAppliedByNow(versions: Versions): Promise<boolean> {
  const { end } = await versions.next();
  return versions.hasApplied(end);
}

// What cannot be compared for its size costs as much as what does not come, and shows as little.
function note(circuit: Circuit, { outcome }: Asked): void {
  if (outcome === 'answered') circuit.answered();
  else circuit.failed(performance.now());
}

function unanswered(who: string, { outcome }: Asked): Comparison {
  return notComparable(`${who} ${outcome}`);
}

function notComparable(reason: string): Comparison {
  return { outcome: 'not comparable', reason };
}

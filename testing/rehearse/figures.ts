import { type Entry, type History, isWrite } from '../history/history.ts';
import { pauses } from '../history/pauses.ts';
import type { Verdict } from '../history/verdict.ts';
import type { Options } from './options.ts';
import type { Kill, Round } from './rounds.ts';
import type { Ended } from './run-command.ts';
import { isMove, type StepTime, stepTimes, type Timed, timedSteps } from './step-times.ts';

export type Played = {
  readonly options: Options;
  readonly history: History;
  readonly rounds: readonly Round[];
  readonly verdict: Verdict;
  readonly verified: Ended;
  readonly journal: Ended;
  readonly abandoned: Ended;
  /** What is in the legacy's database and was not there before the move. */
  readonly left: readonly string[];
  readonly capped: number;
};

export type Figure = {
  readonly name: string;
  readonly value: number;
  /** Unset: nothing is asked of it. */
  readonly most?: number;
  readonly unit?: string;
};

export type Report = {
  readonly isClean: boolean;
  readonly seed: number;
  readonly figures: readonly Figure[];
  readonly verdict: Verdict;
  readonly rounds: readonly Round[];
  readonly steps: readonly StepTime[];
  /** What else was found wrong, a sentence each. */
  readonly complaints: readonly string[];
};

/** A client may wait for a gateway that starts again; what it is told after that is not the kill's doing. */
const graceMs = 2_000;
// A write that was under way when the move began, or comes while its queue is let go, may have waited for it.
const [beforeMs, afterMs] = [100, 500];

export function figuresOf(played: Played): Report {
  const { rounds, verdict, history, left } = played;
  const kills = rounds.flatMap(({ kill }) => (kill && kill.victim !== 'command' ? [kill] : []));
  const timed = timedSteps(played.journal.out);
  const { counts } = verdict;
  const unanswered = history.entries.filter((entry) => isFailed(entry) && !kills.some((kill) => isDuring(kill, entry)));
  const figures: Figure[] = [
    { name: 'switches', value: rounds.length },
    { name: 'kills', value: rounds.filter(({ kill }) => kill).length },
    { name: 'requests', value: history.entries.length },
    { name: 'writes.acknowledged', value: verdict.facts.writes.acknowledged },
    { name: 'writes.unknown', value: verdict.facts.writes.unknown },
    { name: 'writes.lost', value: counts.lost + counts.stale + counts.torn, most: 0 },
    { name: 'writes.duplicated', value: counts.duplicated + counts.ghost + counts.invented, most: 0 },
    { name: 'writes.resurrected', value: counts.resurrected, most: 0 },
    { name: 'rows.different', value: counts.differs, most: 0 },
    { name: 'messages.missing', value: counts['messages.missing'], most: 0 },
    { name: 'messages.untold', value: counts['messages.untold'], most: 0 },
    { name: 'messages.wrong', value: wrongMessages(counts), most: 0 },
    { name: 'requests.failed', value: unanswered.length + counts.refused, most: 0 },
    ...pauseFigures(history, rounds, timed),
    { name: 'rollback.lost', value: counts.lost + counts.stale, most: 0 },
    ...rollbackFigures(rounds),
    { name: 'legacy.traces', value: left.length, most: 0 },
  ];
  const complaints = complaintsOf(played, unanswered);
  const judged = played.options.times ? figures : figures.filter(({ unit }) => unit === undefined);
  const isClean = complaints.length === 0 && judged.every(({ value, most }) => most === undefined || value <= most);
  return {
    isClean,
    seed: played.options.seed,
    figures,
    verdict,
    rounds,
    steps: stepTimes(timed),
    complaints,
  };
}

/** Nothing is told of a pause when there was no switch without a kill, nor of a way back without one. */
function pauseFigures(history: History, rounds: readonly Round[], timed: readonly Timed[]): Figure[] {
  const quiet = quietRounds(rounds);
  const moves = timed.filter(
    (one) => isMove(one) && quiet.some(({ from, until }) => from <= one.from && one.to <= until),
  );
  if (moves.length === 0) return [];
  const spans = moves.map(({ from, to }) => ({ from: from - beforeMs, to: to + afterMs }));
  const { p99Ms, maxMs, betweenP99Ms } = pauses(history, spans).writes;
  return [
    { name: 'pause.switches', value: moves.length },
    { name: 'pause.p99', value: Math.max(0, p99Ms), most: 250, unit: 'ms' },
    { name: 'pause.max', value: Math.max(0, maxMs), most: 1_000, unit: 'ms' },
    { name: 'pause.between', value: Math.max(0, betweenP99Ms), unit: 'ms' },
  ];
}

const systems = new Set(['legacy', 'shop', 'legacy database', 'new database']);

/** Nobody was killed, and none of the systems in the round before: one that has just started is slow, whoever owns what. */
export function quietRounds<R extends Pick<Round, 'kill' | 'attempts'>>(rounds: readonly R[]): R[] {
  return rounds.filter(({ kill, attempts }, nth) => {
    const before = rounds[nth - 1]?.kill?.victim;
    return !kill && attempts === 1 && !(before !== undefined && systems.has(before));
  });
}

function rollbackFigures(rounds: readonly Round[]): Figure[] {
  const backs = rounds.filter(({ to, kill }) => to === 'legacy' && !kill);
  if (backs.length === 0) return [];
  const seconds = Math.max(...backs.map(({ from, until }) => (until - from) / 1_000));
  return [{ name: 'rollback.seconds', value: seconds, most: 2, unit: 's' }];
}

/** What the clients have got so far. Failed are also those that a kill explains. */
export function soFar({ entries }: History): string {
  const acknowledged = entries.filter((entry) => isWrite(entry) && entry.outcome === 'acknowledged');
  const [requests, writes, failed] = [entries, acknowledged, entries.filter(isFailed)].map(({ length }) =>
    length.toLocaleString('en-GB'),
  );
  return `${requests} requests, ${writes} writes acknowledged, ${failed} failed`;
}

function isFailed({ outcome }: Entry): boolean {
  return outcome === 'failed' || outcome === 'unknown';
}

function isDuring({ from, until }: Kill, { answeredAt, sentAt }: Entry): boolean {
  return answeredAt >= from && sentAt <= until + graceMs;
}

function wrongMessages(counts: Verdict['counts']): number {
  return (
    counts['messages.duplicated'] +
    counts['messages.outOfOrder'] +
    counts['messages.ghost'] +
    counts['messages.invented']
  );
}

function complaintsOf({ verified, journal, abandoned, left, capped }: Played, unanswered: readonly Entry[]): string[] {
  return [
    ...(verified.code === 0 ? [] : [`migrate verify: ${verified.out.slice(0, 1_000)}${verified.err}`]),
    ...(journal.code === 0 ? [] : [`migrate journal: ${journal.err}`]),
    ...(abandoned.code === 0 ? [] : [`migrate abandon: ${abandoned.err}`]),
    ...left.map((thing) => `left in the legacy: ${thing}`),
    ...(capped > 0 ? [`${capped} requests were sent late, since too many had no answer yet`] : []),
    ...unanswered
      .slice(0, 5)
      .map(
        (entry) =>
          `failed: request ${entry.number}, ${isWrite(entry) ? 'a write' : 'a read'}, ${entry.status ?? 'no answer'}`,
      ),
  ];
}

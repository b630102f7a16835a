import type { Difference } from './difference.ts';
import type { ReplayResult } from './replay.ts';
import type { SkipReason } from './run.ts';

export type Paint = { readonly isColoured: boolean };

type Failed = Extract<ReplayResult, { outcome: 'failed' }>;

const REASONS: Readonly<Record<SkipReason, string>> = {
  volatile: 'depended on the clock of the recording',
  'not-asked': 'not asked of the new system',
  'needs-the-end-of-a-hold': 'need the end of a hold, and this target offers no way to bring it about',
  'unreadable-body': 'have a body described in words that no rule reads',
  'own-path': 'asked for a path that the target has of its own',
};

const LONGEST = 300;

/** What follows the name of a recording: its counts, and below them whatever differs. */
export function reportOf(file: string, results: readonly ReplayResult[], isVerbose: boolean, paint: Paint): string {
  const failed = results.filter((result) => result.outcome === 'failed').map((result) => failure(file, result, paint));
  const others = isVerbose ? results.flatMap((result) => otherLine(result, paint)) : [];
  return [countsLine(results, paint), ...others, ...failed].join('\n');
}

/** The last lines of a replay. The very last one is `N passed, N failed`. */
export function summaryOf(results: readonly ReplayResult[]): string {
  const skipped = Object.entries(REASONS).flatMap(([reason, words]) => {
    const count = results.filter((result) => result.outcome === 'skipped' && result.reason === reason).length;
    return count > 0 ? [`${count} ${words}`] : [];
  });
  const counts = `${count(results, 'passed')} passed, ${count(results, 'failed')} failed`;
  return skipped.length > 0 ? `${count(results, 'skipped')} skipped: ${skipped.join('; ')}\n${counts}` : counts;
}

export function count(results: readonly ReplayResult[], outcome: ReplayResult['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length;
}

function countsLine(results: readonly ReplayResult[], paint: Paint): string {
  const [failed, skipped] = [count(results, 'failed'), count(results, 'skipped')];
  const counts = [
    `${count(results, 'passed')} passed`,
    failed > 0 ? painted(paint, RED, `${failed} failed`) : '0 failed',
  ];
  return [...counts, ...(skipped > 0 ? [painted(paint, DIM, `${skipped} skipped`)] : [])].join(', ');
}

function otherLine(result: ReplayResult, paint: Paint): string[] {
  if (result.outcome === 'passed') return [`  ${painted(paint, GREEN, 'passed')}   ${result.name}`];
  if (result.outcome === 'failed') return [];
  return [painted(paint, DIM, `  skipped  ${result.name} (${REASONS[result.reason]})`)];
}

function failure(file: string, { name, request, differences }: Failed, paint: Paint): string {
  const title = `\n  ${painted(paint, RED, 'differs')}  ${file}: ${painted(paint, BOLD, name)}\n           ${cut(request)}`;
  return [title, ...differences.map((difference) => differenceLines(difference, paint))].join('\n');
}

function differenceLines({ where, expected, got }: Difference, paint: Paint): string {
  const line = (word: string, text: string) => `             ${painted(paint, DIM, word)} ${cut(text) || 'nothing'}`;
  return [`           ${where}`, line('expected', expected), line('got     ', got)].join('\n');
}

/** Long texts lose their middle; what differs in them is named by its path. Control characters would garble a terminal. */
function cut(text: string): string {
  const visible = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  return visible.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}

const [RED, GREEN, BOLD, DIM] = [31, 32, 1, 2];

function painted({ isColoured }: Paint, colour: number | undefined, text: string): string {
  return isColoured ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

import type { Entry } from '@ticketbuddy/cutover';
import type { Parity } from '@ticketbuddy/parity';
import type { Gate, Status, WayStatus } from '@ticketbuddy/takeover';
import { limitText } from './probe-limit.ts';
import { harmless, time } from './table.ts';
import type { Terminal } from './terminal.ts';

type Shown = Pick<Terminal, 'colors'>;

/** One screen. */
export function statusReport(found: Status, terminal: Shown): string {
  const { colors } = terminal;
  return [
    `${colors.bold(found.unit)}  ${ownerText(found)}`,
    '',
    ...found.ways.map((way) => `  to ${way.to.padEnd(7)} ${lagText(way)}${rejectText(way, terminal)}`),
    ...found.copy.map(({ table, rowsCopied, rowsEstimated, isComplete }) =>
      isComplete
        ? `  copied     ${table}: ${rowsCopied} rows`
        : `  copying    ${table}: ${rowsCopied} of about ${rowsEstimated} rows`,
    ),
    ...throttleLines(found),
    `  gateways   ${found.gateways.join(', ') || 'none'}`,
    '',
    `gates to ${found.gatesTo}`,
    gateLines(found.gates, terminal),
  ].join('\n');
}

export function gateLines(gates: readonly Gate[], { colors }: Shown): string {
  const width = Math.max(...gates.map(({ name }) => name.length));
  const mark = (isOpen: boolean) => (isOpen ? colors.green('✔') : colors.red('✘'));
  return gates.map(({ name, isOpen, says }) => `  ${mark(isOpen)} ${name.padEnd(width)}  ${harmless(says)}`).join('\n');
}

type Found = Pick<Parity, 'name' | 'rows' | 'verdict' | 'diffs'>;

/** What differs, a line a row; `sides` are called so, the source first. */
export function parityLines(found: readonly Found[], sides: readonly [string, string], { colors }: Shown): string {
  return found
    .flatMap(({ name, rows, verdict, diffs }) => [
      `${verdict === 'same' ? colors.green('✔') : colors.red('✘')} ${name}  ${rows.source} rows at ${sides[0]}, ${rows.target} at ${sides[1]}: ${verdict}`,
      ...diffs.map(
        (diff) =>
          `    ${diff.key} ${diff.kind === 'differs' ? diff.columns.map((column) => columnText(column, sides)).join(', ') : diff.kind}`,
      ),
    ])
    .join('\n');
}

export function entryLine({ nth, at, unit, act, evidence }: Entry): string {
  const shown = evidence === undefined || evidence === null ? '' : `  ${JSON.stringify(evidence)}`;
  return `${nth}  ${time(at)}  ${unit}  ${act}${shown}`;
}

function ownerText({ owners: { legacy, next } }: Status): string {
  if (!legacy || !next) return 'has not been started';
  if (legacy.owner === next.owner) return `belongs to ${next.owner}, epoch ${next.epoch}`;
  return `changes hands: ${legacy.owner} says the legacy's database, ${next.owner} the new one`;
}

function lagText({ lag }: WayStatus): string {
  return lag ? `${lag.state}, ${lag.seconds.toFixed(1)} s behind` : 'not begun';
}

function throttleLines({ ways }: Status): string[] {
  return ways.flatMap(({ probeMsMax }) => (probeMsMax === undefined ? [] : [`  throttle   ${limitText(probeMsMax)}`]));
}

function rejectText({ rejects }: WayStatus, { colors }: Shown): string {
  return rejects === 0 ? '' : colors.red(`, ${rejects} rows rejected`);
}

type Column = { readonly column: string; readonly source: string | null; readonly target: string | null };

function columnText({ column, source, target }: Column, sides: readonly [string, string]): string {
  return `${column}: ${JSON.stringify(source)} at ${sides[0]}, ${JSON.stringify(target)} at ${sides[1]}`;
}

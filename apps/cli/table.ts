import type { Terminal } from './terminal.ts';

/** What is shown, and how it is painted once it has its width. */
export type Cell = { readonly text: string; readonly paint?: (text: string) => string };

export type Column = { readonly head: string; readonly isNumber?: boolean };

const gap = '  ';
const lastMin = 20;

/** Rows under bold heads. The last column is cut to what is left of the terminal's width, if there is one. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  terminal: Pick<Terminal, 'colors' | 'columns'>,
): string {
  const lines = [columns.map(({ head }) => ({ text: head, paint: terminal.colors.bold })), ...rows];
  const widths = columns.map((_, nth) => Math.max(...lines.map((line) => line[nth]?.text.length ?? 0)));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + gap.length, 0);
  const left = terminal.columns ? Math.max(lastMin, terminal.columns - before) : Number.POSITIVE_INFINITY;
  const cell = ({ text, paint = plain }: Cell, nth: number) => {
    if (nth === columns.length - 1) return paint(cut(text, left));
    const width = widths[nth] ?? 0;
    return paint(columns[nth]?.isNumber ? text.padStart(width) : text.padEnd(width));
  };
  return lines.map((line) => line.map(cell).join(gap)).join('\n');
}

/** To the second, in UTC. */
export function time(instant: Temporal.Instant | undefined): string {
  return instant === undefined ? '–' : instant.toString({ smallestUnit: 'second' }).replace('T', ' ');
}

/** Without what would move the cursor or change colours: the text comes from others. */
export function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '\u{fffd}');
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1).toWellFormed()}…` : text;
}

function plain(text: string): string {
  return text;
}

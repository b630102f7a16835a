import { Writable } from 'node:stream';

export type Screen = NodeJS.WriteStream & {
  /** All that was written, colours and cursors included. */
  written(): string;
  /** What somebody sees who looks at it now. */
  seen(): string[];
};

export type Kind = { readonly isTTY?: boolean; readonly columns?: number; readonly hasColors?: () => boolean };

/** A standard stream, of a terminal unless told otherwise. */
export function aScreen(kind: Kind = { isTTY: true, columns: 100, hasColors: () => false }): Screen {
  let written = '';
  const stream = new Writable({
    decodeStrings: false,
    write(piece, _, done) {
      written += piece;
      done();
    },
  });
  return Object.assign(stream, { rows: 30, ...kind, written: () => written, seen: () => seen(written) }) as Screen;
}

/** As a terminal does it, of which no more is known here than is used: up, down, to the left, wipe a line or its rest. */
function seen(written: string): string[] {
  const lines: string[] = [];
  let [row, column] = [0, 0];
  const move = (count: string, act: string) => {
    const line = lines[row] ?? '';
    if (act === 'A') row -= Number(count || 1);
    if (act === 'B') row += Number(count || 1);
    if (act === 'G') column = 0;
    if (act === 'K') lines[row] = count === '2' ? '' : line.slice(0, column);
  };
  const put = (piece: string) => {
    if (piece === '\n') [row, column] = [row + 1, 0];
    else if (piece === '\r') column = 0;
    else {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + piece + line.slice(column + piece.length);
      column += piece.length;
    }
  };
  const [first = '', ...controlled] = written.split('\u001b');
  first.split(/(\r|\n)/).forEach(put);
  for (const part of controlled) {
    const [, count = '', act = '', text = ''] = /^\[\??(\d*)([A-Za-z])(.*)$/s.exec(part) ?? [];
    move(count, act);
    text.split(/(\r|\n)/).forEach(put);
  }
  return Array.from(lines, (line = '') => line.trimEnd()).filter((line) => line !== '');
}

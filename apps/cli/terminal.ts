import { createInterface } from 'node:readline';
import colors from 'picocolors';

/** Where a command speaks to the person who gave it. */
export type Terminal = {
  /** What was asked for: lines on standard output. */
  print(text: string): void;
  /** What went wrong: lines on standard error. */
  complain(text: string): void;
  /** What goes on: one line on standard error that the next one replaces; only a person at a terminal sees it. */
  status(text: string): void;
  /** Whether the person says yes; `undefined` when there is nobody to ask. */
  ask(question: string): Promise<boolean> | undefined;
  /** What the person types; `undefined` when there is nobody to ask. */
  askFor(question: string): Promise<string> | undefined;
  /** How wide the terminal is that shows what is printed; a file has no width. */
  readonly columns: number | undefined;
  /** For what is printed; they do nothing unless a terminal shows them. */
  readonly colors: typeof colors;
  /** Aborted when the person wants the command to end. */
  readonly interrupted: AbortSignal;
};

/** As much of a standard stream as is used: only those that a terminal shows have more than `write`. */
export type Output = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
};

/** As much of standard input as is used. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

const wipeLine = '\r\u001b[2K';

export function openTerminal(out: Output, err: Output, interrupted: AbortSignal, input?: Input): Terminal {
  const [outColors, errColors] = [colorsOf(out), colorsOf(err)];
  let isStatusShown = false;
  const wipe = () => {
    if (isStatusShown) err.write(wipeLine);
    isStatusShown = false;
  };
  return {
    print(text) {
      wipe();
      out.write(`${text}\n`);
    },
    complain(text) {
      wipe();
      err.write(`${errColors.red(text)}\n`);
    },
    status(text) {
      if (!err.isTTY) return;
      wipe();
      err.write(errColors.dim(cut(`  ${text} …`, err.columns)));
      isStatusShown = true;
    },
    ask(question) {
      if (!input?.isTTY || !err.isTTY) return undefined;
      wipe();
      err.write(`${question} [y/N] `);
      return typed(input, interrupted).then((said) => /^\s*y(es)?\s*$/i.test(said));
    },
    askFor(question) {
      if (!input?.isTTY || !err.isTTY) return undefined;
      wipe();
      err.write(`${question} `);
      return typed(input, interrupted);
    },
    columns: out.isTTY ? out.columns || 80 : undefined,
    colors: outColors,
    interrupted,
  };
}

async function typed(input: Input, interrupted: AbortSignal): Promise<string> {
  const lines = createInterface({ input, signal: interrupted });
  const { promise: answer, resolve } = Promise.withResolvers<string>();
  lines.once('line', resolve);
  lines.once('close', () => resolve(''));
  const said = await answer;
  lines.close();
  interrupted.throwIfAborted();
  return said;
}

// A line that wraps could not be wiped. A terminal that does not know its width says 0.
function cut(line: string, columns: number | undefined): string {
  return line.slice(0, (columns || 80) - 1);
}

// picocolors alone would also colour a file, where the machine is called CI. `hasColors` knows NO_COLOR.
function colorsOf(stream: Output): typeof colors {
  return { ...colors, ...colors.createColors(stream.isTTY === true && stream.hasColors?.() === true) };
}

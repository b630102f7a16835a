import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

type Environment = Readonly<Record<string, string>>;

/** A shop in a process of its own. */
export type ShopProcess = {
  readonly pid: number;
  /** Where it listens; rejects when it ends before it does. */
  readonly url: Promise<string>;
  /** Everything that it has logged, and what it has told the person who started it. */
  readonly logged: () => string;
  readonly told: () => string;
  /** Resolves when it has told, or logged, what matches; rejects when it ends before it does. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** With its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
};

const program = fileURLToPath(new URL('./start.mjs', import.meta.url));

// A test that fails half-way must not leave a shop behind.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the shop with nothing in its environment but this, on a free port and without demo data unless told otherwise. */
export function startProcess(environment: Environment): ShopProcess {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, PORT: '0', TICKETBUDDY_SEED: 'off', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const [logged, told] = [collect(child.stdout), collect(child.stderr)];
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code ?? 0);
    });
  });
  const said = (pattern: RegExp) => match(child, pattern, () => logged() + told());
  const url = said(/Server listening at (http:[^"\s]+)/).then(([, address = '']) => address);
  url.catch(() => undefined);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return { pid: child.pid ?? 0, url, logged, told, said, ended, end };
}

/** The same, killed at the end of the test that called it. */
export function aProcess(environment: Environment): ShopProcess {
  const shop = startProcess(environment);
  onTestFinished(async () => void (await shop.end('SIGKILL')));
  return shop;
}

function collect(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return () => text;
}

function match(child: ChildProcess, pattern: RegExp, output: () => string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = pattern.exec(output());
      if (found) resolve(found);
    };
    look();
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', () => reject(new Error(`the process ended and never said ${pattern}, but:\n${output()}`)));
  });
}

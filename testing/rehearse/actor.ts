import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A process of the rehearsal, which may be killed and started again. */
export type Actor = {
  readonly name: string;
  /** What it has printed, the end of it. */
  readonly log: () => string;
  readonly isRunning: () => boolean;
  /** Starts it, and resolves when it says that it is ready. Throws with the end of its log when it never does. */
  start(): Promise<void>;
  /** With SIGKILL nothing is finished. */
  end(signal: NodeJS.Signals): Promise<void>;
};

export type ActorOptions = {
  readonly name: string;
  /** The program, from the root of the project, and what it is told. */
  readonly program: readonly [string, ...string[]];
  readonly settings: Readonly<Record<string, string>>;
  /** What it prints when it is ready. */
  readonly readyWhen: RegExp;
};

const readyMsMax = 120_000;
const endMsMax = 20_000;
const logMax = 20_000;

export function anActor({ name, program, settings, readyWhen }: ActorOptions): Actor {
  let [child, log]: [ChildProcess | undefined, string] = [undefined, ''];
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const kill = () => child?.kill('SIGKILL');
  return {
    name,
    log: () => log,
    isRunning,
    async start() {
      let said = '';
      child = spawnNode(program, settings);
      process.once('exit', kill);
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (text) => {
          log = `${log}${text}`.slice(-logMax);
          said += said.length < logMax ? text : '';
        });
      }
      const until = performance.now() + readyMsMax;
      while (!readyWhen.test(said)) {
        if (!isRunning() || performance.now() > until) throw new Error(`${name} did not start:\n${log}`);
        await sleep(20);
      }
    },
    async end(signal) {
      process.off('exit', kill);
      if (!child || !isRunning()) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      const isLate = await Promise.race([ended.then(() => false), sleep(endMsMax, true, { ref: false })]);
      if (isLate) child.kill('SIGKILL');
      await ended;
    },
  };
}

// In a process group of its own: Ctrl-C ends it in order, after whoever uses it. Of our settings it knows only its own.
function spawnNode(
  [file, ...words]: readonly [string, ...string[]],
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const program = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [program, ...words], {
    env: { PATH, HOME, NO_COLOR: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

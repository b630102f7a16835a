import {
  DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrRendererFactory,
  type ListrTaskFn,
  ProcessOutput,
} from 'listr2';
import colors from 'picocolors';

/** Shows whoever waits what goes on: a list that lives where a terminal can show one, lines elsewhere. One step at a time. */
export type View = {
  /** Shows the work from its beginning to its end; answers, or throws, what it does. */
  step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T>;
  /** A line by itself. */
  say(line: string): void;
  /** What every step that lasts shows from now on, asked for again and again. */
  watch(figures: () => string): void;
  /** The step that goes on is shown as interrupted, and throws; nothing is shown after it, and no other begins. */
  interrupt(): Promise<void>;
  /** Leaves the terminal as it was, also in the middle of a step. */
  close(): void;
};

export type Step = {
  /** What it is at by now. Lines leave it out, since they cannot be taken back. */
  at(what: string): void;
  /** What it is called from now on, such as what came of it. */
  rename(title: string): void;
};

export type ViewOptions = {
  readonly stream: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether lines are wanted, whatever could be shown. */
  readonly isPlain: boolean;
  /** In ms. */
  readonly now: () => number;
};

export function openView(options: ViewOptions): View {
  const surface = canLive(options) ? liveList(options) : lines(options);
  const interruption = Promise.withResolvers<never>();
  interruption.promise.catch(() => undefined);
  let [figures, isOver, current]: [() => string, boolean, Promise<void>] = [() => '', false, Promise.resolve()];
  return {
    async step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
      if (isOver) throw new Error(interrupted);
      const shown = aShownStep(title, options.now, () => figures());
      const answer = Promise.withResolvers<T>();
      current = surface.show(shown, async () => {
        answer.resolve(await Promise.race([work(shown), interruption.promise]));
      });
      await current;
      return answer.promise;
    },
    say(line) {
      if (!isOver) surface.say(line);
    },
    watch(wanted) {
      figures = wanted;
    },
    async interrupt() {
      isOver = true;
      interruption.reject(new Error(interrupted));
      await current.catch(() => undefined);
    },
    close: surface.close,
  };
}

const interrupted = 'interrupted';

/** Whether lines can be drawn anew: a terminal that does not know its width cannot, and what is read later has no use for it. */
function canLive({ stream, env, isPlain }: ViewOptions): boolean {
  return !isPlain && stream.isTTY === true && stream.columns > 0 && !env.CI && env.TERM !== 'dumb';
}

type ShownStep = Step & {
  readonly title: () => string;
  readonly elapsed: () => string;
  /** All that is to be told of it while it lasts. */
  readonly line: () => string;
};

function aShownStep(title: string, now: () => number, figures: () => string): ShownStep {
  const begunAt = now();
  const elapsed = () => secondsText(now() - begunAt);
  let [name, place] = [title, ''];
  return {
    at(what) {
      place = what;
    },
    rename(newName) {
      name = newName;
    },
    title: () => name,
    elapsed,
    line: () => [elapsed(), place, figures()].filter((text) => text !== '').join(' · '),
  };
}

/** How steps look. `show` throws what the work throws. */
type Surface = {
  show(step: ShownStep, work: () => Promise<void>): Promise<void>;
  say(line: string): void;
  close(): void;
};

function lines({ stream, now }: ViewOptions): Surface {
  const { dim, red } = colorsOf(stream);
  const begunAt = now();
  const say = (line: string) => stream.write(`${dim(secondsText(now() - begunAt).padStart(8))}  ${line}\n`);
  return {
    async show(step, work) {
      const title = step.title();
      say(title);
      try {
        await work();
        if (step.title() !== title) say(step.title());
      } catch (error) {
        say(red(`✖ ${failureText(step, error)}`));
        throw error;
      }
    },
    say,
    close: () => undefined,
  };
}

/** Each step is a list of its own, so that those before it are lines like any others, however many there are. */
function liveList({ stream }: ViewOptions): Surface {
  const { dim, green, red, yellow } = colorsOf(stream);
  const output = new ProcessOutput(stream, stream);
  const rendererOptions = {
    logger: new ListrLogger({ processOutput: output }),
    color: { PENDING: yellow, COMPLETED: green, FAILED: red, OUTPUT: dim },
    showErrorMessage: false,
  } as const;
  const options = { renderer: OnAnyStream, rendererOptions, registerSignalListeners: false };
  return {
    async show(step, work) {
      const title = (name: string) => `${name}  ${dim(step.elapsed())}`;
      const task: Task = async (_, shown) => {
        const drawing = setInterval(() => {
          shown.output = step.line();
        }, drawMs);
        try {
          await work();
          shown.title = title(step.title());
        } catch (error) {
          shown.title = title(failureText(step, error));
          throw error;
        } finally {
          clearInterval(drawing);
        }
      };
      await new Listr({ title: step.title(), task }, options).run();
    },
    say: (line) => stream.write(`${dim(line)}\n`),
    close: () => output.release(),
  };
}

const drawMs = 200;

type Task = ListrTaskFn<unknown, typeof OnAnyStream, ListrRendererFactory>;

// The library would fall back to lines whenever standard output is no terminal, even though it writes to another stream.
class OnAnyStream extends DefaultRenderer {
  static override nonTTY = true;
}

// What it said after its first line is told at the end, where there is room for it.
function failureText(step: ShownStep, error: unknown): string {
  const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
  return `${step.title()}: ${reason.replace(/:$/, '')}`;
}

function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

// picocolors alone would also colour a file, where the machine is called CI. `hasColors` knows NO_COLOR.
function colorsOf(stream: NodeJS.WriteStream): ReturnType<typeof colors.createColors> {
  return colors.createColors(stream.isTTY === true && stream.hasColors());
}

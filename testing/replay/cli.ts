import { loadStories, type Story } from './captures.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { type ReplayResult, replayStory } from './replay.ts';
import { count, reportOf, summaryOf } from './report.ts';
import { runningSystem } from './running-system.ts';
import { type System, startSystem } from './start-system.ts';

export type Terminal = {
  write(text: string): void;
  writeError(text: string): void;
  readonly isColoured: boolean;
  /** Told what has to be done first should the user interrupt. */
  whenInterrupted(stop: System['stop']): void;
};

/** Runs the command and says with which code it exits. `entry` is what `--start` starts. */
export async function runReplay(args: readonly string[], terminal: Terminal, entry: string): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) return print(HELP, terminal);
    return await replayAll(loadStories(options.captures, options.only), options, terminal, entry);
  } catch (error) {
    terminal.writeError(`${messageOf(error)}\n`);
    return 1;
  }
}

function print(text: string, terminal: Terminal): number {
  terminal.write(text);
  return 0;
}

async function replayAll(
  stories: readonly Story[],
  options: Options,
  terminal: Terminal,
  entry: string,
): Promise<number> {
  const results: ReplayResult[] = [];
  try {
    for (const story of stories) results.push(...(await replayOne(story, options, terminal, entry)));
  } catch (error) {
    results.push(notReplayed(error, terminal));
  }
  terminal.write(`\n${summaryOf(results)}\n`);
  return count(results, 'failed') > 0 || count(results, 'passed') === 0 ? 1 : 0;
}

async function replayOne(story: Story, options: Options, terminal: Terminal, entry: string) {
  const { target, start, as, verbose } = options;
  terminal.write(`${story.name}  `);
  const system = await (start ? startSystem(entry, terminal.whenInterrupted) : runningSystem(target));
  try {
    const { results } = await replayStory(story, { baseUrl: system.baseUrl, as });
    terminal.write(`${reportOf(story.name, results, verbose, terminal)}\n`);
    return results;
  } finally {
    await system.stop();
  }
}

/** Without a system there is no exchange, and yet this recording has failed, and with it the rest of the replay. */
function notReplayed(error: unknown, terminal: Terminal): ReplayResult {
  terminal.write('not replayed\n');
  terminal.writeError(`${messageOf(error)}\n`);
  const difference = { where: 'system', expected: 'an empty one that answers', got: messageOf(error) };
  return { index: -1, name: 'not replayed', request: '(no request)', outcome: 'failed', differences: [difference] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

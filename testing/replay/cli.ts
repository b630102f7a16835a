import { loadStories, type Story } from './captures.ts';
import type { Side } from './expectation.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { type ReplayResult, replayStory } from './replay.ts';
import { count, reportOf, summaryOf } from './report.ts';
import { runningSystem } from './running-system.ts';
import { startLegacyServers } from './start-legacy.ts';
import { type System, startSystem } from './start-system.ts';

export type Terminal = {
  write(text: string): void;
  writeError(text: string): void;
  readonly isColoured: boolean;
  /** Told what has to be done first should the user interrupt. */
  whenInterrupted(stop: System['stop']): void;
};

/** What `--start` starts, of each side. */
export type Entries = Readonly<Record<Side, string>>;

/** Runs the command and says with which code it exits. */
export async function runReplay(args: readonly string[], terminal: Terminal, entries: Entries): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) return print(HELP, terminal);
    return await replayAll(loadStories(options.captures, options.only), options, terminal, entries);
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
  entries: Entries,
): Promise<number> {
  const results: ReplayResult[] = [];
  try {
    const systems = await openSystems(options, terminal, entries);
    try {
      for (const story of stories) results.push(...(await replayOne(story, options, terminal, systems)));
    } finally {
      await systems.stop();
    }
  } catch (error) {
    results.push(notReplayed(error, terminal));
  }
  terminal.write(`\n${summaryOf(results)}\n`);
  return count(results, 'failed') > 0 || count(results, 'passed') === 0 ? 1 : 0;
}

/** Where the systems come from, one for each recording. */
type Systems = { next(): Promise<System>; stop(): Promise<void> };

async function openSystems({ target, start, as }: Options, terminal: Terminal, entries: Entries): Promise<Systems> {
  const stop = async () => {};
  if (!start) return { next: () => runningSystem(target), stop };
  if (as === 'next') return { next: () => startSystem(entries.next, terminal.whenInterrupted), stop };
  const servers = await startLegacyServers(terminal.whenInterrupted);
  return { next: () => servers.startLegacy(entries.legacy, terminal.whenInterrupted), stop: servers.stop };
}

async function replayOne(story: Story, { as, verbose }: Options, terminal: Terminal, systems: Systems) {
  terminal.write(`${story.name}  `);
  const system = await systems.next();
  try {
    const { results } = await replayStory(story, { ...system, as });
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

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export type Headers = Readonly<Record<string, string>>;

export type RecordedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string | null;
  /** Stands for a body too long to record, and says in words what it was. */
  readonly bodyGenerator?: string;
  readonly bodyLength?: number;
  readonly bodyStart?: string;
};

export type RecordedAnswer = { readonly status: number; readonly headers: Headers; readonly body: string };

/** What the new system answers instead, where it differs on purpose. */
export type Next = Partial<RecordedAnswer> & { readonly skip?: boolean; readonly bodyIgnored?: boolean };

export type Step = {
  readonly name: string;
  readonly note?: string;
  readonly request?: RecordedRequest;
  readonly response?: RecordedAnswer;
  readonly define?: Readonly<Record<string, string | readonly string[]>>;
  readonly control?: { readonly redisDel?: readonly string[] };
  readonly ledger?: string;
  readonly next?: Next;
  readonly volatile?: boolean;
};

export type Exchange = Step & { readonly request: RecordedRequest; readonly response: RecordedAnswer };

/** One recorded file: what happened, in order, to a system that was empty at first. */
export type Story = { readonly name: string; readonly steps: readonly Step[] };

/** Reads a folder with an `http` folder in it, a folder of stories, or one story. Throws a sentence when there is none. */
export function loadStories(from: string, only = ''): Story[] {
  const stories = storyFiles(from)
    .filter((file) => basename(file).includes(only))
    .map(loadStory);
  if (stories.length > 0) return stories;
  throw new Error(only ? `No recording in ${from} has "${only}" in its name.` : `There are no recordings in ${from}.`);
}

function loadStory(file: string): Story {
  const steps: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(steps) || !steps.every(isStep))
    throw new Error(`${file} is not a recording: a list of named steps.`);
  return { name: basename(file), steps };
}

export function isExchange(step: Step): step is Exchange {
  return step.request !== undefined && step.response !== undefined;
}

function storyFiles(from: string): string[] {
  const found = statSync(from, { throwIfNoEntry: false });
  if (!found) throw new Error(`There is no ${from} to read recordings from.`);
  if (found.isFile()) return [from];
  const folder = statSync(join(from, 'http'), { throwIfNoEntry: false })?.isDirectory() ? join(from, 'http') : from;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

function isStep(step: unknown): step is Step {
  return typeof step === 'object' && step !== null && 'name' in step && typeof step.name === 'string';
}

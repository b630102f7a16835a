import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aScreen, type Kind, type Screen } from './test-screen.ts';
import { openView, type Step, type View } from './view.ts';

const terminal: Kind = { isTTY: true, columns: 100, hasColors: () => false };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each<[what: string, screen: Kind, env: Record<string, string>, isPlain: boolean, isLive: boolean]>([
  ['a terminal', terminal, {}, false, true],
  ['a terminal that is to have no colours', terminal, { NO_COLOR: '1' }, false, true],
  ['a file', { columns: 100 }, {}, false, false],
  ['a terminal of a build server', terminal, { CI: 'true' }, false, false],
  ['a terminal whose cursor cannot be moved', terminal, { TERM: 'dumb' }, false, false],
  ['a terminal that does not know its width', { ...terminal, columns: 0 }, {}, false, false],
  ['a terminal on which lines are wanted', terminal, {}, true, false],
])('%s is shown a list that lives, or lines', async (_, kind, env, isPlain, isLive) => {
  const screen = aScreen(kind);
  await aView(screen, { env, isPlain }).step('Starting legacy', async () => undefined);
  expect(screen.seen()).toEqual([isLive ? '✔ Starting legacy  0.0 s' : '   0.0 s  Starting legacy']);
});

test('a step shows how long it goes on, what it is at and the figures, until it is done', async () => {
  const screen = aScreen();
  const view = aView(screen);
  await view.step('Starting legacy', async () => undefined);
  view.watch(() => '12 requests');
  const round = await begin(view, 'Round 1 of 2: events move to next');
  round.step.at('migrate switch: drain: started');
  await vi.advanceTimersByTimeAsync(1_300);
  expect(screen.seen().map(withoutSpinner)).toEqual([
    '✔ Starting legacy  0.0 s',
    '~ Round 1 of 2: events move to next',
    '  › 1.2 s · migrate switch: drain: started · 12 requests',
  ]);
  round.step.rename('Round 1 of 2: events belong to next');
  await round.end();
  expect(screen.seen()).toEqual(['✔ Starting legacy  0.0 s', '✔ Round 1 of 2: events belong to next  1.3 s']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a step that fails is marked with its reason, and throws all of it', async () => {
  const screen = aScreen();
  const failing = aView(screen).step('Starting shop', async () => {
    await vi.advanceTimersByTimeAsync(400);
    throw new Error('shop did not start:\nits log');
  });
  await expect(failing).rejects.toThrow('shop did not start:\nits log');
  expect(screen.seen()).toEqual(['✖ Starting shop: shop did not start  0.4 s']);
});

test('lines begin with the time, and leave out what a step is at', async () => {
  const screen = aScreen({});
  const view = aView(screen);
  view.say('Seed 7');
  await view.step('Round 1 of 2: events move to next', async (step) => {
    step.at('migrate switch');
    await vi.advanceTimersByTimeAsync(1_300);
    step.rename('Round 1 of 2: events belong to next');
  });
  const failing = view.step('Starting shop', () => Promise.reject(new Error('shop did not start:\nits log')));
  await expect(failing).rejects.toThrow('its log');
  expect(screen.written()).toBe(
    [
      '   0.0 s  Seed 7',
      '   0.0 s  Round 1 of 2: events move to next',
      '   1.3 s  Round 1 of 2: events belong to next',
      '   1.3 s  Starting shop',
      '   1.3 s  ✖ Starting shop: shop did not start',
      '',
    ].join('\n'),
  );
});

test.each<[what: string, screen: Kind, isColoured: boolean]>([
  ['a terminal', { ...terminal, hasColors: () => true }, true],
  ['a terminal that is to have no colours', terminal, false],
  ['a file', { hasColors: () => true }, false],
])('%s: whether the time has a colour', async (_, kind, isColoured) => {
  const screen = aScreen(kind);
  await aView(screen).step('Starting legacy', async () => undefined);
  expect(screen.written().includes('\u001b[2m')).toBe(isColoured);
});

test.each<[string, Kind]>([
  ['a list', terminal],
  ['lines', {}],
])('a step that is interrupted is the last of %s', async (_, kind) => {
  const screen = aScreen(kind);
  const view = aView(screen);
  const round = await begin(view, 'Round 1 of 2');
  await view.interrupt();
  view.say('gateway 1 said last: nothing');
  await expect(view.step('Ending what was started', async () => undefined)).rejects.toThrow('interrupted');
  await expect(round.shown).rejects.toThrow('interrupted');
  expect(screen.seen().at(-1)?.trim()).toMatch(/✖ Round 1 of 2: interrupted/);
});

test.each([
  ['has failed', (view: View) => view.step('Starting shop', () => Promise.reject(new Error('no')))],
  ['was interrupted', (view: View) => begin(view, 'Starting shop').then(() => view.interrupt())],
  ['goes on while the process ends', (view: View) => begin(view, 'Starting shop').then(() => view.close())],
])('the cursor is there again after a step that %s', async (_, happen) => {
  const screen = aScreen();
  await Promise.resolve(happen(aView(screen))).catch(() => undefined);
  expect(screen.written().lastIndexOf('\u001b[?25h')).toBeGreaterThan(screen.written().lastIndexOf('\u001b[?25l'));
});

test('whoever interrupts is heard by nobody but us', async () => {
  const listening = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
  const before = listening();
  await begin(aView(aScreen()), 'Starting shop');
  expect(listening()).toBe(before);
});

test('a title that is too long for the terminal goes on in the next line, and keeps its time', async () => {
  const screen = aScreen({ ...terminal, columns: 30 });
  await aView(screen).step('Round 1 of 2: events move to next', async () => undefined);
  expect(screen.seen()).toEqual(['✔ Round 1 of 2: events move', '  to next  0.0 s']);
});

function aView(stream: Screen, { env = {}, isPlain = false } = {}): View {
  return openView({ stream, env, isPlain, now: () => performance.now() });
}

type Begun = { readonly step: Step; readonly shown: Promise<unknown>; end(): Promise<void> };

/** A step that goes on until it is told to end. */
async function begin(view: View, title: string): Promise<Begun> {
  const [begun, ended] = [Promise.withResolvers<Step>(), Promise.withResolvers<void>()];
  const shown = view.step(title, (step) => {
    begun.resolve(step);
    return ended.promise;
  });
  shown.catch(() => undefined);
  const step = await begun.promise;
  return {
    step,
    shown,
    end: () => {
      ended.resolve();
      return shown;
    },
  };
}

function withoutSpinner(line: string): string {
  return line.replace(/^[\u2800-\u28ff]/, '~');
}

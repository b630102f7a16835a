import { expect, test } from 'vitest';
import { type Mark, type Step, walk } from './steps.ts';

test('a step that takes longer than it may is told to stop, and the move goes back', async () => {
  let told = false;
  const slow = {
    name: 'slow',
    msMax: 1,
    check: async () => false,
    do: (_: unknown, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          told = true;
          resolve();
        });
      }),
  };
  const marks: string[] = [];
  const record = {
    marks: async () => [],
    mark: async (...made: readonly Mark[]) => void marks.push(...made.map(({ what }) => what)),
  };
  expect([await walk({ steps: [slow], context: {}, record }), told]).toEqual(['undone', true]);
  expect(marks).toEqual(['started', 'turned back']);
});

test('what was done and is no longer so is done again', async () => {
  const world = aWorld();
  await walk({ ...world, steps: [world.step('one'), world.step('two')] });
  world.so.delete('one');
  expect(await walk({ ...world, steps: [world.step('one'), world.step('two')] })).toBe('done');
  expect(world.did).toEqual(['one', 'two', 'one']);
});

test('what whoever went before has done, and could not note, is not done again', async () => {
  const world = aWorld();
  world.so.add('one');
  world.made.push({ step: 'one', what: 'started' });
  await walk({ ...world, steps: [world.step('one')] });
  expect([world.did, world.made.map(({ what }) => what)]).toEqual([[], ['started', 'started', 'done']]);
});

test('a move that nobody has begun is not looked at before its steps are done', async () => {
  const world = aWorld();
  const look = async () => {
    throw new Error('clients wait for this look');
  };
  const outcome = await walk({ ...world, steps: [{ ...world.step('one'), check: look }] });
  expect([outcome, world.did]).toEqual(['done', ['one']]);
});

test('after the final step nothing is undone: what fails is tried again by the next who comes', async () => {
  const world = aWorld();
  const steps = [{ ...world.step('open'), isFinal: true as const }, world.step('tell')];
  world.broken.add('tell');
  await expect(walk({ ...world, steps })).rejects.toThrow('tell is broken');
  world.broken.clear();
  expect(await walk({ ...world, steps })).toBe('done');
  expect(world.undid).toEqual([]);
});

test('a step that fails before it takes back all that was begun, from the last to the first', async () => {
  const world = aWorld();
  world.broken.add('three');
  const steps = ['one', 'two', 'three', 'four'].map(world.step);
  expect(await walk({ ...world, steps })).toBe('undone');
  expect([world.undid, [...world.so]]).toEqual([['three', 'two', 'one'], []]);
});

/** What is so, what was done and undone to make it so, and what was recorded. */
function aWorld() {
  const [so, broken] = [new Set<string>(), new Set<string>()];
  const [did, undid]: [string[], string[]] = [[], []];
  const made: Mark[] = [];
  const step = (name: string): Step<object> => ({
    name,
    msMax: 1_000,
    check: async () => so.has(name),
    async do() {
      if (broken.has(name)) throw new Error(`${name} is broken`);
      did.push(name);
      so.add(name);
    },
    async undo() {
      undid.push(name);
      so.delete(name);
    },
  });
  const record = { marks: async () => [...made], mark: async (...marks: readonly Mark[]) => void made.push(...marks) };
  return { so, broken, did, undid, made, step, record, context: {} };
}

import { expect, it } from 'vitest';
import { groupCommit } from './group-commit.ts';

it('commands that come at once are a batch, and those that come while it is decided are the next, in their order', async () => {
  const batches: number[][] = [];
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const decide = groupCommit(async (commands: readonly number[]) => {
    batches.push([...commands]);
    begun.resolve();
    await goOn.promise;
    return commands.map((command) => command * 10);
  });
  const first = [1, 2].map(decide);
  await begun.promise;
  const next = [3, 4].map(decide);
  goOn.resolve();
  expect(await Promise.all([...first, ...next])).toEqual([10, 20, 30, 40]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

it('a command that cannot be decided fails alone', async () => {
  const decide = groupCommit(async (commands: readonly string[]) => {
    if (commands.includes('bad')) throw new Error('a constraint was broken');
    return commands.map(() => 'done');
  });
  const answers = await Promise.allSettled(['first', 'a', 'bad', 'b', 'c'].map(decide));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

it('when trying again is useless, the whole batch fails at once', async () => {
  let tries = 0;
  const decide = groupCommit(
    async () => {
      tries += 1;
      throw new Error('the database is away');
    },
    { isLost: () => true },
  );
  const answers = await Promise.allSettled([1, 2, 3, 4].map(decide));
  expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
  expect(tries).toBe(1);
});

it('an answer that is missing is a defect, not an empty answer', async () => {
  const decide = groupCommit(async () => []);
  await expect(decide('command')).rejects.toThrow('every command of a batch has an answer');
});

it('a thousand commands at once are decided in bounded batches', async () => {
  let largest = 0;
  const decide = groupCommit(async (commands: readonly number[]) => {
    largest = Math.max(largest, commands.length);
    return commands;
  });
  const commands = Array.from({ length: 1_000 }, (_, nth) => nth);
  expect(await Promise.all(commands.map(decide))).toEqual(commands);
  expect(largest).toBe(64);
});

it('the next batch is under way before the answers of the last one are told', async () => {
  const happened: string[] = [];
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const decide = groupCommit(async ([command]: readonly string[]) => {
    happened.push(`${command} is decided`);
    begun.resolve();
    await goOn.promise;
    return [command];
  });
  const asked = (command: string) => decide(command).then(() => happened.push(`${command} is told`));
  const first = asked('one');
  await begun.promise;
  const next = asked('two');
  goOn.resolve();
  await Promise.all([first, next]);
  expect(happened).toEqual(['one is decided', 'two is decided', 'one is told', 'two is told']);
});

it('nobody has to wait for the time in which nobody asked', async () => {
  let nowMs = 0;
  const pace = { turn: async () => undefined, elapsedMs: () => nowMs };
  const decide = groupCommit(async (commands: readonly number[]) => commands, { waitMsMax: 5, pace });
  await decide(1);
  nowMs += 10;
  expect(await Promise.all([2, 3].map(decide))).toEqual([2, 3]);
});

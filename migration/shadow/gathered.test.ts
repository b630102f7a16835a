import { expect, it } from 'vitest';
import { Gathered } from './gathered.ts';

it('who asks together is answered together, and who asks later has a question of his own', async () => {
  const asked: (readonly string[])[] = [];
  const gathered = new Gathered(5, async (questions: readonly string[]) => asked.push(questions));
  expect(await Promise.all(['a', 'b'].map((question) => gathered.answer(question)))).toEqual([1, 1]);
  expect(await gathered.answer('c')).toBe(2);
  expect(asked).toEqual([['a', 'b'], ['c']]);
});

it('an answer that is under way is not the one to a question asked now', async () => {
  const release = Promise.withResolvers<void>();
  const asked: (readonly string[])[] = [];
  const gathered = new Gathered(0, async (questions: readonly string[]) => {
    asked.push(questions);
    if (questions.includes('early')) await release.promise;
    return questions;
  });
  const early = gathered.answer('early');
  await expect.poll(() => asked.length).toBe(1);
  expect(await gathered.answer('late')).toEqual(['late']);
  release.resolve();
  expect(await early).toEqual(['early']);
});

it('what cannot be asked is told to all, and asked again by the next', async () => {
  let isBroken = true;
  const gathered = new Gathered(0, async (questions: readonly string[]) => {
    if (isBroken) throw new Error('broken');
    return questions;
  });
  const both = await Promise.allSettled([gathered.answer('a'), gathered.answer('b')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  expect(await gathered.answer('c')).toEqual(['c']);
});

import { expect, it, onTestFinished } from 'vitest';
import type { Step } from './captures.ts';
import { type Plant, startRecordedServer } from './recorded-server.ts';
import { replayStory } from './replay.ts';
import { anId, aStory, asking, creating, taking } from './stories.ts';

const [event, user, one, two] = [anId(1), anId(2), anId(11), anId(12)];
const seats = `[{"Id":"${one}","SeatNumber":1},{"Id":"${two}","SeatNumber":2}]`;
const list = asking(`GET /events/${event}/tickets`, { answer: { body: seats } });

it('a list of seats is asked for again until it matches, and binds no id of what came too early', async () => {
  const early = [`[{"Id":"${anId(99)}","SeatNumber":1}]`, '[]'];
  const lagging: Plant = (answer, { request }) =>
    request.method === 'GET' ? { ...answer, body: early.pop() ?? answer.body } : answer;
  const { results } = await replay(
    [creating('events', event), list, taking('reserve', event, user, [two])],
    lagging,
    2_000,
  );
  expect(results.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
});

it('a list that stays wrong is reported', async () => {
  const empty: Plant = (answer, { request }) => (request.method === 'GET' ? { ...answer, body: '[]' } : answer);
  const { results } = await replay([creating('events', event), list], empty, 0);
  expect(results.map(({ outcome }) => outcome)).toEqual(['passed', 'failed']);
});

it('seats that never appear are reported where the recording names them', async () => {
  const story: Step[] = [creating('events', event), { name: 'the seats', define: { seats: [one, two] } }];
  const { results } = await replay(story, undefined, 0, [
    creating('events', event),
    asking(list.name, { answer: { body: '[]' } }),
  ]);
  expect(results.at(-1)).toMatchObject({
    name: 'the seats',
    differences: [{ where: 'seats', expected: '2', got: '0' }],
  });
});

it('a POST is never asked twice', async () => {
  const failing: Plant = (answer) => ({ ...answer, status: 500 });
  const { results, asked } = await replay([creating('users', user)], failing, 2_000);
  expect(results).toMatchObject([{ outcome: 'failed' }]);
  expect(asked).toBe(1);
});

async function replay(steps: readonly Step[], plant: Plant = (answer) => answer, patienceMs: number, served = steps) {
  let asked = 0;
  const { baseUrl, stop } = await startRecordedServer(aStory(...served), 'next', (answer, exchange) => {
    asked += 1;
    return plant(answer, exchange);
  });
  onTestFinished(stop);
  return { ...(await replayStory(aStory(...steps), { baseUrl, as: 'next', patienceMs })), asked };
}

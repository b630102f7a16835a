import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { until } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Budget } from './budget.ts';
import type { Read } from './read.ts';
import { createShadow, type Shadow } from './shadow.ts';
import { createTally, type Outcome } from './tally.ts';
import { anUpstream, askAsClient, missingOf, type Origin, openWorld, sumOf, type World } from './test-shadow.ts';

type Mood = 'fine' | 'different' | 'hanging' | 'refusing' | 'huge' | 'endless' | 'trickling';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

/** A control that is always fine, and a candidate whose mood stands in the query. Both remember what they were asked. */
async function aTrial(budget: Partial<Budget> = {}, versions = world.versions, isIdle = () => true) {
  const asked: { who: string; method: string; headers: IncomingMessage['headers'] }[] = [];
  const remembering = (who: string, answer: (response: ServerResponse, mood: Mood) => void) =>
    anUpstream((request, response) => {
      asked.push({ who, method: request.method ?? '', headers: request.headers });
      answer(response, (request.url ?? '').split('=').at(-1) as Mood);
    });
  const control = await remembering('control', (response) => answerFine(response, 'fine'));
  const candidate = await remembering('candidate', answerInMood);
  const tally = createTally(() => Temporal.Now.instant());
  const rules = { arrays: [] };
  const upstreams = { control: control.upstream, candidate: candidate.upstream };
  const shadow = createShadow({ ...upstreams, versions, rules, record: tally, budget, isIdle });
  return {
    control,
    asked,
    tally,
    shadow,
    offer: (mood: Mood) => shadow.offer(aRead({ path: `/shows/1?mood=${mood}` })),
  };
}

function answerInMood(response: ServerResponse, mood: Mood): void {
  if (mood === 'refusing') response.destroy();
  else if (mood === 'huge') response.end(Buffer.alloc(10 * 1024 * 1024, 'x'));
  else if (mood === 'endless') pipeline(endless(), response, () => undefined);
  else if (mood === 'trickling') response.write('{');
  else if (mood !== 'hanging') answerFine(response, mood);
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024, 'x');
}

function answerFine(response: ServerResponse, mood: Mood): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`{"Mood":"${mood}"}`);
}

/** One that was read by nobody, so that the control has to be asked for it. */
function aRead(read: Partial<Read> = {}): Read {
  const answer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: [Buffer.from('{"Mood":"fine"}')],
  };
  return {
    endpoint: 'GET /shows/{id}',
    method: 'GET',
    path: '/shows/1',
    headers: {},
    aggregates: [],
    since: undefined,
    answer,
    ...read,
  };
}

function allDone(shadow: Shadow): Promise<boolean> {
  return until('all are done', async () => shadow.load.queued + shadow.load.inFlight === 0);
}

it('every read is counted once, whatever the candidate does and however few are wanted', async () => {
  const moods = fc.constantFrom<Mood[]>('fine', 'different', 'hanging', 'refusing', 'huge', 'endless', 'trickling');
  const reads = fc.array(fc.record({ mood: moods, isRead: fc.boolean(), isLarge: fc.nat(9) }), {
    minLength: 1,
    maxLength: 60,
  });
  const limits = fc.record({
    percent: fc.constantFrom(0, 50, 100),
    queueMax: fc.constantFrom(1, 10, 100),
    triesMax: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(reads, limits, fc.boolean(), async (chosen, budget, isStopped) => {
      const { shadow, tally, asked } = await aTrial({ ...budget, askMs: 100 });
      for (const { mood, isRead, isLarge } of chosen) {
        const read = aRead({ path: `/shows/1?mood=${mood}`, method: isRead ? 'GET' : 'POST' });
        shadow.offer(isLarge === 0 ? { ...read, answer: { ...read.answer, body: 'too large' } } : read);
      }
      if (isStopped) await shadow.stop();
      await allDone(shadow);
      const taken = tally.take();
      expect(sumOf(taken.counts, 'received')).toBe(chosen.length);
      expect(missingOf(taken)).toBe(0);
      expect(asked.every(({ method }) => method === 'GET')).toBe(true);
    }),
    { numRuns: 15 },
  );
});

it.each<[Mood, Outcome, string]>([
  ['fine', 'mirrored', 'same'],
  ['different', 'mirrored', 'different'],
  ['hanging', 'not comparable', 'candidate timed out'],
  ['trickling', 'not comparable', 'candidate timed out'],
  ['refusing', 'not comparable', 'candidate failed'],
  ['huge', 'not comparable', 'candidate too large'],
  ['endless', 'not comparable', 'candidate too large'],
])('a candidate that is %s counts as %s', async (mood, outcome, reason) => {
  const { shadow, tally, offer } = await aTrial({ askMs: mood === 'hanging' || mood === 'trickling' ? 100 : 10_000 });
  offer(mood);
  await allDone(shadow);
  expect(sumOf(tally.take().counts, outcome, reason)).toBe(1);
});

it.each<Mood>(['huge', 'endless'])('a candidate whose answers are %s is soon left alone', async (mood) => {
  const { shadow, tally, offer, asked } = await aTrial({ inFlightMax: 1 });
  for (let nth = 0; nth < 50; nth++) offer(mood);
  await allDone(shadow);
  const { counts } = tally.take();
  expect(sumOf(counts, 'not comparable', 'candidate too large')).toBe(5);
  expect(sumOf(counts, 'dropped', 'candidate rests')).toBe(45);
  expect(asked.filter(({ who }) => who === 'candidate')).toHaveLength(5);
});

it('bursts and bodies of 5 MB are counted, not lost', async () => {
  const { shadow, tally } = await aTrial({ queueMax: 100 });
  const large: Origin = await anUpstream((_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024)));
  for (let nth = 0; nth < 10; nth++) shadow.offer(await askAsClient(large, world.versions, '/shows/1'));
  for (let nth = 0; nth < 5_000; nth++) shadow.offer(aRead({ path: '/shows/1?mood=fine' }));
  await allDone(shadow);
  const taken = tally.take();
  expect(missingOf(taken)).toBe(0);
  expect(sumOf(taken.counts, 'not comparable', 'too large')).toBe(10);
  expect(sumOf(taken.counts, 'mirrored', 'same')).toBe(100);
  expect(sumOf(taken.counts, 'dropped', 'queue full')).toBe(4_900);
});

it('what waits is bounded in bytes, too', async () => {
  const { shadow, tally } = await aTrial({ heldBytesMax: 100 });
  for (let nth = 0; nth < 50; nth++) shadow.offer(aRead());
  expect(shadow.load.queued).toBe(6);
  await allDone(shadow);
  shadow.offer(aRead());
  expect(shadow.load.queued).toBe(1);
  await allDone(shadow);
  expect(sumOf(tally.take().counts, 'dropped', 'queue full')).toBe(44);
});

it("nothing but GET is ever sent, and nothing that is the client's own", async () => {
  await world.versions.next();
  const { shadow, tally, asked } = await aTrial({ twicePercent: 100 });
  const headers = {
    cookie: 'session=1',
    authorization: 'Bearer x',
    traceparent: '00-1',
    'if-none-match': '"1"',
    host: 'shop.test',
  };
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'GET'])
    shadow.offer(aRead({ method, headers, since: world.versions.before() }));
  await allDone(shadow);
  expect(sumOf(tally.take().counts, 'not comparable', 'not a GET')).toBe(6);
  expect(asked.map(({ who, method }) => `${method} ${who}`).sort()).toEqual([
    'GET candidate',
    'GET control',
    'GET control',
  ]);
  for (const { headers: sent } of asked) {
    expect(sent).toMatchObject({ host: 'shop.test', authorization: 'Bearer x', 'ticketbuddy-shadow': '1' });
    expect(Object.keys(sent)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/cookie|traceparent|if-none-match/)]),
    );
  }
});

it('a candidate that hangs is soon left alone, and costs the owner nothing', async () => {
  const budget = { inFlightMax: 5, queueMax: 50, askMs: 100 };
  const { shadow, tally, asked, control } = await aTrial(budget);
  await world.versions.next();
  for (let nth = 0; nth < 200; nth++) {
    expect(shadow.offer(await askAsClient(control, world.versions, '/shows/1?mood=hanging'))).toBeUndefined();
    expect(shadow.load.queued).toBeLessThanOrEqual(budget.queueMax);
    expect(shadow.load.inFlight).toBeLessThanOrEqual(budget.inFlightMax);
  }
  await allDone(shadow);
  const taken = tally.take();
  expect(missingOf(taken)).toBe(0);
  expect(sumOf(taken.counts, 'dropped')).toBeGreaterThan(150);
  expect(sumOf(taken.counts, 'dropped', 'candidate rests')).toBeGreaterThan(0);
  expect(
    asked.filter(({ headers }) => headers['ticketbuddy-shadow'] === '1').every(({ who }) => who === 'candidate'),
  ).toBe(true);
});

it('the share that is compared can be changed while it runs', async () => {
  const { shadow, tally, offer } = await aTrial({ percent: 0 });
  for (let nth = 0; nth < 10; nth++) offer('fine');
  shadow.tune({ percent: 100 });
  for (let nth = 0; nth < 3; nth++) offer('fine');
  await allDone(shadow);
  const { counts } = tally.take();
  expect([sumOf(counts, 'sampled out'), sumOf(counts, 'mirrored')]).toEqual([10, 3]);
});

it('a row that never stays is asked for a few times, and then counted as moved', async () => {
  const { shadow, tally, asked } = await aTrial({ twicePercent: 0 }, { ...world.versions, hasMoved: async () => true });
  shadow.offer(aRead({ path: '/shows/1?mood=different' }));
  await allDone(shadow);
  expect(sumOf(tally.take().counts, 'not comparable', 'moved')).toBe(1);
  expect(asked).toHaveLength(6);
});

it('where a difference is found, the control is asked twice, so that its own noise is known with it', async () => {
  let nth = 0;
  const shows = await anUpstream((_request, response) => {
    const body = `{"Served":${++nth},"Name":"a"}`;
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  const { upstream } = await anUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"Served":0,"Name":"b"}');
  });
  const tally = createTally(() => Temporal.Now.instant());
  const { versions } = world;
  const parts = { control: shows.upstream, candidate: upstream, versions, rules: { arrays: [] }, record: tally };
  const shadow = createShadow({ ...parts, budget: { twicePercent: 0 } });
  for (let read = 0; read < 10; read++) {
    shadow.offer(aRead());
    await allDone(shadow);
  }
  const { counts, groups } = tally.take();
  expect(sumOf(counts, 'asked twice')).toBe(3);
  expect(groups.map(({ path, isNoise, count }) => `${path} ${isNoise ? 'noise' : 'differs'} ${count}`).sort()).toEqual([
    '$.Name differs 10',
    '$.Served differs 10',
    '$.Served noise 3',
  ]);
});

it('while a client waits, neither of them is asked', async () => {
  let [clients, looks] = [1, 0];
  const { shadow, offer, asked } = await aTrial({ twicePercent: 0 }, world.versions, () => {
    looks += 1;
    return clients === 0;
  });
  offer('fine');
  await until('it would be asked by now', async () => looks > 5);
  expect(asked).toEqual([]);
  clients = 0;
  await allDone(shadow);
  expect(asked.map(({ who }) => who)).toEqual(['control', 'candidate']);
});

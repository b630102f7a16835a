import { testDatabase, until } from '@ticketbuddy/testing';
import { expect, it } from 'vitest';
import { deliver, startDelivery } from './deliver.ts';
import { compareAnswers } from './diff.ts';
import type { Difference } from './difference.ts';
import { type Report, readReport } from './report.ts';
import type { IgnoreRule } from './rules.ts';
import { createShadowTables, forgetShadow } from './store.ts';
import { createTally } from './tally.ts';
import { verdict } from './verdict.ts';

const place = { schema: 'migration', unit: 'events' };
const now = Temporal.Instant.from('2026-06-01T12:00:00Z');
const endpoint = 'GET /events';
const read = { endpoint, path: '/events?page=1' };
const price: Difference = { path: '$[*].Price', at: '$[3].Price', kind: 'value', control: '25', candidate: '25.00' };
const rule: IgnoreRule = { endpoint, path: price.path, reason: 'agreed', owner: 'Ann', until: '2026-06-01' };

/** Gateways that deliver to one database, and the report of what they have told. */
async function gateways() {
  const { pool } = await testDatabase();
  await createShadowTables(pool, place);
  const open = (gateway: string) => {
    const tally = createTally(() => now);
    return { tally, deliver: (target = pool) => deliver({ target, place, gateway, tally }) };
  };
  const report = (ignore: readonly IgnoreRule[] = [], at = now) => readReport(pool, place, at, { ignore });
  return { pool, open, report };
}

type Gateway = ReturnType<Awaited<ReturnType<typeof gateways>>['open']>;

function compare({ tally }: Gateway, times: number, differences: readonly Difference[] = [], isNoise = false): void {
  for (let nth = 0; nth < times; nth++) {
    tally.count(endpoint, isNoise ? 'asked twice' : 'received');
    if (!isNoise) tally.count(endpoint, 'mirrored', differences.length > 0 ? 'different' : 'same');
    tally.differ(read, differences, isNoise);
  }
}

function judge(report: Report) {
  return verdict(report).verdict;
}

it('what several gateways have seen is one report', async () => {
  const { open, report } = await gateways();
  for (const name of ['a', 'b']) {
    const gateway = open(name);
    compare(gateway, 60, [price, { ...price, at: '$[4].Price' }]);
    await gateway.deliver();
    gateway.tally.count(endpoint, 'received');
    gateway.tally.count(endpoint, 'dropped', 'queue full');
    compare(gateway, 1, [{ ...price, candidate: '25.000' }]);
    await gateway.deliver();
  }
  const { endpoints, groups } = await report();
  expect(endpoints).toMatchObject([
    { received: 124, mirrored: 122, dropped: 2, underWay: 0, reasons: { 'dropped: queue full': 2 } },
  ]);
  expect(groups).toMatchObject([{ path: '$[*].Price', count: 122, standing: 'real' }]);
  expect(groups[0]?.examples).toHaveLength(5);
  expect(groups[0]?.examples[0]).toMatchObject({
    request: '/events?page=1',
    at: '$[3].Price',
    control: '25',
    candidate: '25.000',
  });
});

it('what could not be delivered is delivered later, once', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  const { pool: elsewhere } = await testDatabase();
  compare(gateway, 3, [price]);
  await expect(gateway.deliver(elsewhere)).rejects.toThrow('does not exist');
  compare(gateway, 2, [price]);
  await gateway.deliver();
  await gateway.deliver();
  expect(await report()).toMatchObject({ endpoints: [{ mirrored: 5 }], groups: [{ count: 5 }] });
});

it('a gateway delivers by itself, and the rest when it stops', async () => {
  const { pool, open, report } = await gateways();
  const gateway = open('a');
  const delivery = startDelivery({ target: pool, place, gateway: 'a', tally: gateway.tally }, () => undefined);
  compare(gateway, 3);
  await until('it was delivered', async () => (await report()).endpoints[0]?.mirrored === 3);
  compare(gateway, 2);
  await delivery.stop();
  expect(await report()).toMatchObject({ endpoints: [{ mirrored: 5 }] });
});

it('a body whose members have names without end makes no table without end', () => {
  const tally = createTally(() => now);
  for (let nth = 0; nth < 5_000; nth++) tally.differ(read, [{ ...price, path: `$.n${nth}` }], false);
  const { groups } = tally.take();
  expect(groups.length).toBeLessThan(2_500);
  expect(groups.reduce((all, { count }) => all + count, 0)).toBe(5_000);
});

it('what PostgreSQL cannot keep does not keep the rest from being told', async () => {
  // What repeats itself is packed, and fits into an index after all.
  const long = (seed: number) =>
    Array.from({ length: 2_000 }, (_none, nth) => (nth * nth * seed * 7_919).toString(36)).join('');
  const { open, report } = await gateways();
  const gateway = open('a');
  const answer = (body: string) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  });
  const differences = compareAnswers(
    answer('{"\\u0000":"\\ud800"}'),
    answer(`{"\\u0000":"${long(1)}","${long(2)}":1}`),
  );
  compare(gateway, 1, differences);
  await gateway.deliver();
  expect((await report()).groups).toHaveLength(2);
});

it('a rule ignores until its day is over, and then its name turns the report red', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  compare(gateway, 100, [price]);
  await gateway.deliver();
  const inForce = await report([rule]);
  expect([judge(inForce), inForce.groups[0]?.standing]).toEqual(['clean', 'ignored']);
  const dayAfter = Temporal.Instant.from('2026-06-02T00:00:00Z');
  const over = await report([rule], dayAfter);
  expect(judge(over)).toBe('differs');
  expect(verdict(over).reasons).toContainEqual('the rule of Ann for GET /events $[*].Price ended with 2026-06-01');
});

it('a rule that has ended makes red what is clean, and one that nothing needs is named', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  compare(gateway, 100);
  await gateway.deliver();
  expect(judge(await report([{ ...rule, until: '2026-05-31' }]))).toBe('expired rule');
  expect(await report([rule])).toMatchObject({ unusedRules: [rule], expiredRules: [] });
});

it('where the control differs from itself as often, a difference is noise, and is told', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  compare(gateway, 100, [price]);
  compare(gateway, 5, [price], true);
  await gateway.deliver();
  const noisy = await report();
  expect(noisy.groups).toMatchObject([{ standing: 'noise', count: 100, noiseCount: 5 }]);
  expect(judge(noisy)).toBe('clean');
});

it('where the control differs from itself once in a while, a difference that is always there is none of that noise', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  compare(gateway, 100, [price]);
  compare(gateway, 1, [price], true);
  compare(gateway, 9, [], true);
  await gateway.deliver();
  expect(judge(await report())).toBe('differs');
});

it('a member that the candidate leaves out is no noise because the control gives it another value each time', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  compare(gateway, 100, [{ ...price, kind: 'missing', candidate: null }]);
  compare(gateway, 5, [price], true);
  await gateway.deliver();
  const { groups } = await report();
  expect(groups).toMatchObject([{ kind: 'missing', standing: 'real', noiseCount: 0 }]);
});

it('answers of the candidate that cannot be compared for their size prove nothing, unlike those of the control', async () => {
  const { pool, open, report } = await gateways();
  for (const [reason, verdict] of [
    ['control too large', 'clean'],
    ['candidate too large', 'no evidence'],
  ] as const) {
    await forgetShadow(pool, place);
    const gateway = open('a');
    compare(gateway, 100);
    for (let nth = 0; nth < 10; nth++) gateway.tally.count(endpoint, 'not comparable', reason);
    await gateway.deliver();
    expect(judge(await report())).toBe(verdict);
  }
});

it('a comparison that a gateway has dated into the future is no evidence for ever', async () => {
  const { open, report } = await gateways();
  const gateway = open('a');
  compare(gateway, 100);
  await gateway.deliver();
  expect(judge(await report([], now.subtract({ seconds: 59 })))).toBe('clean');
  expect(judge(await report([], now.subtract({ seconds: 61 })))).toBe('no evidence');
});

it('too few comparisons, old ones, an endpoint that was never compared, or answers that did not come prove nothing', async () => {
  const { pool, open, report } = await gateways();
  const gateway = open('a');
  expect(judge(await report())).toBe('no evidence');
  compare(gateway, 99);
  await gateway.deliver();
  expect(judge(await report())).toBe('no evidence');
  compare(gateway, 1);
  await gateway.deliver();
  expect(judge(await report())).toBe('clean');
  expect(judge(await report([], now.add({ seconds: 61 })))).toBe('no evidence');
  gateway.tally.count('GET /users', 'received');
  gateway.tally.count('GET /users', 'not comparable', 'moved');
  await gateway.deliver();
  expect(verdict(await report()).reasons).toEqual(['GET /users was never compared']);
  await forgetShadow(pool, place);
  compare(gateway, 100);
  gateway.tally.count(endpoint, 'not comparable', 'candidate timed out');
  gateway.tally.count(endpoint, 'not comparable', 'candidate failed');
  await gateway.deliver();
  expect(judge(await report())).toBe('no evidence');
});

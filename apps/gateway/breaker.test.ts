import { expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';

const limits = { failuresMax: 3, restMs: 1_000 };

test('three failures in a row open it, and one answer between them does not let it come to that', () => {
  const breaker = createBreaker(limits);
  for (const outcome of ['failed', 'failed', 'answered', 'failed', 'failed'] as const) breaker.leave(outcome, 0);
  expect(breaker.enter(0)).toBe(true);
  breaker.leave('failed', 0);
  expect([breaker.state, breaker.enter(999)]).toEqual(['open', false]);
});

test('after the rest one request tries, and no other until it is known how that went', () => {
  const breaker = opened();
  expect([breaker.enter(1_000), breaker.enter(1_000), breaker.state]).toEqual([true, false, 'half-open']);
  breaker.leave('failed', 1_500);
  expect([breaker.enter(2_499), breaker.enter(2_500)]).toEqual([false, true]);
  breaker.leave('answered', 2_600);
  expect([breaker.state, breaker.enter(2_600), breaker.enter(2_600)]).toEqual(['closed', true, true]);
});

test('a client that leaves while his request tries lets the next one try', () => {
  const breaker = opened();
  breaker.enter(1_000);
  breaker.leave('unknown', 1_100);
  expect([breaker.enter(1_100), breaker.enter(1_100)]).toEqual([true, false]);
});

function opened() {
  const breaker = createBreaker(limits);
  for (let nth = 0; nth < limits.failuresMax; nth++) breaker.leave('failed', 0);
  return breaker;
}

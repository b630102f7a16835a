import { expect, it } from 'vitest';
import { createCircuit } from './circuit.ts';

function broken() {
  const circuit = createCircuit();
  for (let nth = 0; nth < 5; nth++) circuit.failed(0);
  return circuit;
}

it('a candidate that fails five times in a row is left alone, then asked one question', () => {
  const circuit = broken();
  expect([circuit.mayAsk(10), circuit.mayAsk(999), circuit.mayAsk(1_000), circuit.mayAsk(1_001)]).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

it('each question that fails doubles the rest, up to half a minute, and one answer ends it', () => {
  const circuit = broken();
  let now = 0;
  const rests = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].map((restMs) => {
    const isLeftAlone = !circuit.mayAsk(now + restMs - 1);
    now += restMs;
    const isAsked = circuit.mayAsk(now);
    circuit.failed(now);
    return isLeftAlone && isAsked;
  });
  expect(rests).not.toContain(false);
  circuit.answered();
  expect(circuit.mayAsk(now)).toBe(true);
});

it('failures of what was asked before it broke make no rest longer', () => {
  const circuit = broken();
  for (let nth = 0; nth < 10; nth++) circuit.failed(100);
  expect(circuit.mayAsk(1_100)).toBe(true);
});

it('failures with answers between them break nothing', () => {
  const circuit = createCircuit();
  for (let nth = 0; nth < 20; nth++) {
    circuit.failed(nth);
    if (nth % 4 === 0) circuit.answered();
  }
  expect(circuit.mayAsk(20)).toBe(true);
});

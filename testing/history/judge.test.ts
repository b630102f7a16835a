import { describe, expect, it } from 'vitest';
import { judge } from './judge.ts';
import { allowedStories } from './test-allowed-stories.ts';
import { aStory, historyOf, messageOf, messagesOf, rowOf } from './test-history.ts';
import { messageFaults } from './test-message-faults.ts';
import { rowFaults } from './test-row-faults.ts';
import type { Ending } from './test-stories.ts';
import { describeVerdict, type Fault, faults } from './verdict.ts';

describe('the judge finds', () => {
  it.each([...rowFaults, ...messageFaults])('$what', ({ faults: expected, story }) => {
    expect(faultsOf(story())).toEqual(expected);
  });

  it('and says which requests show it, with values and times', () => {
    const { aCreate, aChange } = aStory();
    const create = aCreate({ from: 0, to: 10 });
    const change = aChange({ from: 20, to: 30 });
    const verdict = verdictOf({ entries: [create, change], rows: [rowOf(create)] });
    expect(verdict.examples).toMatchObject([{ fault: 'stale', requests: [1, 2] }]);
    expect(describeVerdict(verdict)).toContain("after change 2 (20.0 to 30.0 ms, 200) of 'Show s1 k1 w2'");
  });
});

describe('the judge accuses nobody of', () => {
  it.each(allowedStories)('$what', ({ story }) => {
    const verdict = verdictOf(story());
    expect(verdict.isClean, describeVerdict(verdict)).toBe(true);
  });
});

it('the same message twice is counted apart', () => {
  const { aCreate } = aStory();
  const create = aCreate({ from: 0, to: 10 });
  const message = messageOf(create);
  const verdict = verdictOf({ entries: [create], rows: [rowOf(create)], messages: [message, message] });
  expect([verdict.isClean, verdict.facts.redelivered]).toEqual([true, 1]);
});

it('a long history is judged at once', () => {
  const { aCreate, aChange, aRead } = aStory();
  const creates = Array.from({ length: 1_000 }, (_, nth) => aCreate({ event: nth, from: nth, to: nth + 1 }));
  const latest = [...creates];
  const entries = Array.from({ length: 59_000 }, (_, nth) => {
    const [event, times] = [(nth * 7) % 1_000, { from: 2_000 + nth, to: 2_002 + nth }];
    if (nth % 3 > 0) return aRead(latest[event], times);
    const change = aChange({ event, ...times });
    latest[event] = change;
    return change;
  });
  const all = [...creates, ...entries];
  const verdict = verdictOf({ entries: all, rows: latest.map((write) => rowOf(write)), messages: messagesOf(all) });
  expect(verdict.isClean, describeVerdict(verdict)).toBe(true);
  expect(verdict.facts).toMatchObject({ requests: 60_000, rows: 1_000 });
});

function verdictOf({ entries, rows, next, messages, toldUntil }: Ending) {
  const sides = { legacy: rows, ...(next && { next }), ...(toldUntil !== undefined && { toldUntil }) };
  return judge(historyOf(entries), { ...sides, owner: 'legacy' }, messages ?? messagesOf(entries));
}

function faultsOf(ending: Ending): Fault[] {
  const { counts } = verdictOf(ending);
  return faults.filter((fault) => counts[fault] > 0);
}

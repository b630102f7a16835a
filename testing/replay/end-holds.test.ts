import { describe, expect, it, onTestFinished } from 'vitest';
import type { Step } from './captures.ts';
import type { Side } from './expectation.ts';
import { startRecordedServer } from './recorded-server.ts';
import { replayStory } from './replay.ts';
import type { ReplayOptions } from './run.ts';
import { anId, aStory, asking, creating, endingHoldsOf, taking } from './stories.ts';

const [event, ann, bob] = [anId(1), anId(2), anId(3)];
const [one, two, three] = [anId(11), anId(12), anId(13)];
const setup = [
  creating('events', event),
  creating('users', ann),
  creating('users', bob),
  { name: 'seats', define: { seats: [one, two, three] } },
];
const refused = { status: 400, headers: {}, body: '{"Message":"No.","Errors":["Tickets already reserved"]}' };

describe('where the target can end holds', () => {
  it('is told which ones, with its own ids', async () => {
    const { held } = await replay('next', [taking('reserve', event, ann, [one, two]), endingHoldsOf(event, one)]);
    expect(held).toHaveLength(1);
    expect(Object.values(held[0] ?? {})).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
    expect(Object.values(held[0] ?? {}).filter((id) => [event, ann, one].includes(id))).toEqual([]);
  });

  it('takes the other holds again, each for its holder, since a clock ends them too', async () => {
    const story = [
      taking('reserve', event, ann, [one, two]),
      taking('reserve', event, bob, [three]),
      endingHoldsOf(event, one),
    ];
    expect((await replay('next', story)).unrecorded).toEqual([sent(ann, [two]), sent(bob, [three])]);
  });

  it('takes again neither what was bought nor what was refused', async () => {
    const story = [
      taking('reserve', event, ann, [one, two]),
      taking('purchase', event, ann, [two]),
      { ...taking('reserve', event, bob, [three, one]), response: refused },
      endingHoldsOf(event, one),
    ];
    expect((await replay('next', story)).unrecorded).toEqual([]);
  });

  it('takes again what the legacy keeps of a purchase and of a refused hold', async () => {
    const story = [
      taking('reserve', event, ann, [one, two]),
      taking('purchase', event, ann, [two]),
      { ...taking('reserve', event, bob, [three, one]), response: refused },
      endingHoldsOf(event, one),
    ];
    expect((await replay('legacy', story)).unrecorded).toEqual([sent(ann, [two]), sent(bob, [three])]);
  });

  it('asks what is marked as skipped for want of a clock and not for a difference', async () => {
    const waiting = { ...taking('reserve', event, bob, [one]), next: { skip: true } };
    const story = [taking('reserve', event, ann, [one]), endingHoldsOf(event, one), waiting];
    expect((await replay('next', story)).outcomes.at(-1)).toBe('passed');
  });

  it('asks nothing that a marked difference has skipped', async () => {
    const different = { ...taking('reserve', event, bob, [one]), ledger: 'D6', next: { skip: true } };
    const story = [taking('reserve', event, ann, [one]), endingHoldsOf(event, one), different];
    expect((await replay('next', story)).outcomes.at(-1)).toBe('not-asked');
  });
});

describe('where the target cannot end holds', () => {
  const list = (id: string) =>
    asking(`GET /events/${event}/tickets`, { answer: { body: `[{"Id":"${id}","SeatNumber":1,"Reserved":false}]` } });

  it('skips what names the seat, in a request or in an answer', async () => {
    const story = [
      taking('reserve', event, ann, [one]),
      endingHoldsOf(event, one),
      taking('reserve', event, bob, [one]),
      list(one),
      taking('reserve', event, bob, [three]),
    ];
    const { outcomes } = await replay('next', story, undefined);
    expect(outcomes.slice(-3)).toEqual(['needs-the-end-of-a-hold', 'needs-the-end-of-a-hold', 'passed']);
  });

  it('skips what follows from a skipped request', async () => {
    const story = [
      taking('reserve', event, ann, [one]),
      endingHoldsOf(event, one),
      taking('purchase', event, bob, [one, two]),
      taking('reserve', event, ann, [two]),
    ];
    const { outcomes } = await replay('next', story, undefined);
    expect(outcomes.slice(-2)).toEqual(['needs-the-end-of-a-hold', 'needs-the-end-of-a-hold']);
  });

  it('goes on where a purchase has ended the hold anyway', async () => {
    const story = [
      taking('reserve', event, ann, [one]),
      taking('purchase', event, ann, [one]),
      endingHoldsOf(event, one),
      { ...taking('purchase', event, bob, [one]), response: refused },
    ];
    expect((await replay('next', story, undefined)).outcomes.at(-1)).toBe('passed');
    expect((await replay('legacy', story, undefined)).outcomes.at(-1)).toBe('needs-the-end-of-a-hold');
  });
});

type Held = Parameters<NonNullable<ReplayOptions['endHolds']>>[0][number];

async function replay(as: Side, steps: readonly Step[], ...hook: [] | [undefined]) {
  const story = aStory(...setup, ...steps);
  const { baseUrl, unrecorded, stop } = await startRecordedServer(story, as);
  onTestFinished(stop);
  const held: Held[] = [];
  const endHolds = async (holds: readonly Held[]) => void held.push(...holds);
  const { results } = await replayStory(story, {
    baseUrl,
    as,
    patienceMs: 0,
    endHolds: hook.length ? undefined : endHolds,
  });
  const outcomes = results.map((result) => (result.outcome === 'skipped' ? result.reason : result.outcome));
  return { held, unrecorded, outcomes };
}

function sent(userId: string, ticketIds: readonly string[]): string {
  return `POST /events/${event}/tickets/reserve ${JSON.stringify({ userId, ticketIds })}`;
}

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Side } from '@ticketbuddy/cutover';
import { legacyEvents } from '@ticketbuddy/events/legacy';
import { describe, expect, test } from 'vitest';
import { createReads } from './reads.ts';

type Client = { readonly address?: string; readonly agent?: string };

/** Of so many reads the other side answers these percent; answers who is asked for a path. */
function someReads(percent: () => number, resting: Side[] = []) {
  const reads = createReads({ endpoints: { events: legacyEvents.reads }, shares: { percentOf: percent } });
  const sideOf = (path: string, { address = '10.0.0.1', agent = 'a browser' }: Client = {}, owner: Side = 'legacy') => {
    const headers = { 'user-agent': agent };
    const request = {
      method: 'GET',
      url: path,
      headers,
      socket: { remoteAddress: address },
    } as unknown as IncomingMessage;
    const route = reads.routeOf('events', request);
    return route && reads.sideOf(route, request, owner, (side) => resting.includes(side));
  };
  return { reads, sideOf };
}

const paths = Array.from({ length: 1_000 }, () => `/events/${randomUUID()}`);

describe('of a share of the reads', () => {
  test('the same event is read at the same side, and a greater share keeps what a smaller one had', () => {
    let percent = 10;
    const { sideOf } = someReads(() => percent);
    const moved = (share: number) => {
      percent = share;
      return new Set(paths.filter((path) => sideOf(path) === 'next'));
    };
    const [few, again, more, all] = [moved(10), moved(10), moved(50), moved(100)];
    expect([...again]).toEqual([...few]);
    expect(few.isSubsetOf(more)).toBe(true);
    expect([few.size > 50, few.size < 150, more.size > 400, more.size < 600, all.size]).toEqual([
      true,
      true,
      true,
      true,
      1_000,
    ]);
  });

  test('lists go by client, so that each sees one side', () => {
    const { sideOf } = someReads(() => 50);
    const clients = Array.from({ length: 200 }, (_, nth) => ({ address: `10.0.0.${nth}` }));
    const sides = clients.map((client) => sideOf('/events', client));
    expect(clients.map((client) => sideOf('/Events/?page=2', client))).toEqual(sides);
    expect(new Set(sides)).toEqual(new Set(['legacy', 'next']));
  });

  test('none goes to a side that rests, and the other side is the legacy once the new system owns the unit', () => {
    const [awake, asleep] = [someReads(() => 100), someReads(() => 100, ['next'])];
    expect([awake.sideOf('/events'), asleep.sideOf('/events')]).toEqual(['next', 'legacy']);
    expect(awake.sideOf('/events', {}, 'next')).toBe('legacy');
  });
});

describe('what was written here of late is read at the owner', () => {
  const [id, other] = [randomUUID(), randomUUID()];

  test('as are the lists it may be in; other events are not', () => {
    const { reads, sideOf } = someReads(() => 100);
    reads.noteWrite('events', `/EVENTS/{${id.toUpperCase()}}/`, []);
    expect([`/events/${id}`, '/events', `/events/${other}`].map((path) => sideOf(path))).toEqual([
      'legacy',
      'legacy',
      'next',
    ]);
  });

  test('also when the answer names it', () => {
    const { reads, sideOf } = someReads(() => 100);
    reads.noteWrite('events', '/events', ['Date', 'today', 'Location', `http://shop.example/events/${id}`]);
    expect([sideOf(`/events/${id}`), sideOf(`/events/${other}`)]).toEqual(['legacy', 'next']);
  });

  test('and everything, when nobody knows what was written', () => {
    const { reads, sideOf } = someReads(() => 100);
    reads.noteWrite('events', '/events', undefined);
    expect([sideOf(`/events/${id}`), sideOf('/events')]).toEqual(['legacy', 'legacy']);
  });
});

test.each(['/events/1', '/events/x/tickets', '/event', `/events/${randomUUID()}/more`])(
  '%s is no read that any other side may answer',
  (path) => expect(someReads(() => 100).sideOf(path)).toBeUndefined(),
);

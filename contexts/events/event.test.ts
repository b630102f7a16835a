import { parseDecimal } from '@ticketbuddy/dotnet-json';
import { describe, expect, it } from 'vitest';
import { type Announcement, announce, change, judgeName } from './event.ts';

const now = at('2026-06-01T12:00:00Z');

describe('an announcement', () => {
  it('becomes an event at its price in whole pence', () => {
    const event = announce('id', anAnnouncement({ price: parseDecimal('25.555') }), now);
    expect(event).toMatchObject({ id: 'id', pricePence: 2556, venue: 'O2ArenaLondon', version: 1 });
  });

  it.each([
    ['a start in the past', { startsAt: at('2026-06-01T11:59:59.9999999Z') }, 'Event date cannot be in the past'],
    ['no start', { startsAt: undefined }, 'Event date cannot be in the past'],
    [
      'an end before the start by 100 ns',
      { endsAt: at('2026-07-01T18:59:59.9999999Z') },
      'End date cannot be before start date',
    ],
    ['no end', { endsAt: undefined }, 'End date cannot be before start date'],
    ['no name', { name: undefined }, 'Name cannot be empty'],
    ['no price', { price: undefined }, 'Price cannot be empty'],
    ['a price below zero by less than a penny', { price: parseDecimal('-0.001') }, 'Price cannot be negative'],
    ['a price that rounds to over a million', { price: parseDecimal('1000000.005') }, 'Price is too large'],
    ['no venue', { venue: undefined }, 'Venue cannot be empty'],
    ['no dates and no name', { startsAt: undefined, name: undefined }, 'Event date cannot be in the past'],
    ['no name and no price', { name: undefined, price: undefined }, 'Name cannot be empty'],
    ['no price and no venue', { price: undefined, venue: undefined }, 'Price cannot be empty'],
  ])('with %s is refused', (_what, said, reason) => {
    expect(() => announce('id', anAnnouncement(said), now)).toThrow(reason);
  });

  it.each([
    ['that starts now', { startsAt: now }],
    ['without length', { endsAt: at('2026-07-01T19:00:00Z') }],
    ['for nothing', { price: parseDecimal('-0') }],
    ['for a million', { price: parseDecimal('1000000.004') }],
  ])('%s is accepted', (_what, said) => {
    expect(() => announce('id', anAnnouncement(said), now)).not.toThrow();
  });
});

describe('a change', () => {
  const event = announce('id', anAnnouncement(), now);

  it('counts as a new version and leaves the venue', () => {
    const changed = change(event, anAnnouncement({ name: 'Later', venue: 'RoundhouseLondon' }), now);
    expect(changed).toMatchObject({ name: 'Later', venue: 'O2ArenaLondon', version: 2 });
  });

  it('that would end the event in the past is refused as being in the past', () => {
    expect(() => change(event, anAnnouncement({ endsAt: at('2020-01-01T00:00:00Z') }), now)).toThrow('in the past');
  });
});

describe('a name', () => {
  it.each([' ', '  A  ', '2031', 'A\nB\tC', 'A\u00a0B', '\u212A', 'A\u2003B', 'A\u0085B'])('may be %j', (name) => {
    expect(() => judgeName(name)).not.toThrow();
  });

  it.each(["Guns N' Roses", 'Rock & Roll', 'Beyoncé', 'Hip-Hop', 'St. Pauli', 'A_B', '١', 'ı', 'ſ', '\uFEFF', 'a\0'])(
    'may not be %j',
    (name) => {
      expect(() => judgeName(name)).toThrow('Name can only have alphanumerical characters');
    },
  );
});

function anAnnouncement(said: Partial<Announcement> = {}): Announcement {
  return {
    name: 'Rock Night',
    startsAt: at('2026-07-01T19:00:00Z'),
    endsAt: at('2026-07-01T22:00:00Z'),
    price: parseDecimal('25'),
    venue: 'O2ArenaLondon',
    ...said,
  };
}

function at(text: string): Temporal.Instant {
  return Temporal.Instant.from(text);
}

import type { Shown } from './history.ts';

/** By their numbers. */
export const venueNames = [
  'O2ArenaLondon',
  'WembleyStadiumLondon',
  'ManchesterArena',
  'UtilitaArenaBirmingham',
  'SSEHydroGlasgow',
  'FirstDirectArenaLeeds',
  'PrincipalityStadiumCardiff',
  'EmiratesOldTraffordManchester',
  'RoyalAlbertHallLondon',
  'RoundhouseLondon',
] as const;

/** Whatever venue a client names, the legacy announces every event for this one. */
export const legacyVenue = 5;

/** The event of an HTTP answer, as parsed from its JSON. Throws when it is none. */
export function readEvent(json: unknown): Shown {
  const { Id, EventName, StartDate, EndDate, Venue, Price } = json as Readonly<Record<string, unknown>>;
  return {
    id: String(Id),
    name: String(EventName),
    startsAt: canonicalTime(String(StartDate)),
    endsAt: canonicalTime(String(EndDate)),
    venue: venueNames.indexOf(Venue as (typeof venueNames)[number]),
    pence: penceOf(Price),
  };
}

/** The event of a message's body. Throws when it is none. */
export function readMessage(json: unknown): Shown {
  const { id, eventName, startDate, endDate, venue, price } = json as Readonly<Record<string, unknown>>;
  return {
    id: String(id),
    name: String(eventName),
    startsAt: canonicalTime(String(startDate)),
    endsAt: canonicalTime(String(endDate)),
    venue: Number(venue),
    pence: penceOf(price),
  };
}

/** A time with any offset, in UTC to the microsecond. Throws a `RangeError` when it is none. */
function canonicalTime(text: string): string {
  const [, seconds, digits = ''] = usualTime.exec(text) ?? [];
  if (seconds !== undefined) return `${seconds}.${digits.slice(0, 6).padEnd(6, '0')}Z`;
  return Temporal.Instant.from(text).toString({ smallestUnit: 'microsecond' });
}

// Lists are long and nearly all of their times are of this form, for which Temporal takes ten times as long.
const usualTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)$/;

function penceOf(price: unknown): string | null {
  if (price === null || price === undefined) return null;
  return String(Math.round(Number(price) * 100));
}

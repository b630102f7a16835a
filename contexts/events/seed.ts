import { demo, type Venue } from '@ticketbuddy/contracts';
import { Refusal } from '@ticketbuddy/errors';
import { brokenConstraint, isFenced } from '@ticketbuddy/postgres';
import type { Deps } from '@ticketbuddy/runtime';
import { announceEvent } from './announce-event.ts';
import { findEvents } from './store.ts';
import type { DB } from './tables.gen.ts';

type DemoEvent = readonly [name: string, venue: Venue, daysAhead: number, hour: number, hours: number, pence: number];

const demoEvents: readonly DemoEvent[] = [
  ['The Northern Lights', 'FirstDirectArenaLeeds', 9, 19, 3, 4250],
  ['Winter Proms', 'RoyalAlbertHallLondon', 12, 19, 3, 6500],
  ['Glasgow Folk Weekend', 'SSEHydroGlasgow', 16, 18, 5, 3800],
  ['Comedy at the Roundhouse', 'RoundhouseLondon', 20, 20, 2, 2250],
  ['Manchester Brass and Choir', 'ManchesterArena', 24, 18, 3, 2900],
  ['Cup Final', 'WembleyStadiumLondon', 31, 15, 2, 8500],
  ['Arena Ballet', 'O2ArenaLondon', 38, 19, 3, 7200],
  ['Midlands Metal Night', 'UtilitaArenaBirmingham', 45, 18, 5, 4750],
  ['Six Nations Warm Up', 'PrincipalityStadiumCardiff', 52, 14, 2, 5500],
  ['Old Trafford Summer Sound', 'EmiratesOldTraffordManchester', 61, 16, 6, 6900],
  ['An Evening of Film Music', 'RoyalAlbertHallLondon', 68, 19, 3, 5850],
  ['Leeds Indie Day', 'FirstDirectArenaLeeds', 75, 13, 9, 4400],
  ['The Quiet Hour', 'RoundhouseLondon', 83, 20, 1, 1500],
  ['Stand Up Marathon', 'O2ArenaLondon', 96, 17, 5, 3950],
  ['Autumn Gala', 'SSEHydroGlasgow', 118, 19, 3, 9900],
];

/** Announces the demo events that are not there yet, on days counted from today. Answers how many it announced. */
export async function seedEvents(deps: Deps<DB>): Promise<number> {
  const known = new Set(
    (
      await findEvents(
        deps.db,
        demoEvents.map((_, nth) => demoId(nth)),
      )
    ).map(({ id }) => id),
  );
  let added = 0;
  for (const [nth, event] of demoEvents.entries()) {
    if (!known.has(demoId(nth)) && (await announced(deps, demoId(nth), event))) added += 1;
  }
  return added;
}

// A venue that somebody has booked meanwhile is left to them. So is what another start is adding at this moment, and
// everything while another system owns the events.
async function announced(deps: Deps<DB>, id: string, event: DemoEvent): Promise<boolean> {
  const [name, venue, daysAhead, hour, hours, pence] = event;
  const startsAt = deps.clock
    .now()
    .toZonedDateTimeISO('UTC')
    .add({ days: daysAhead })
    .with({ hour, minute: 0, second: 0, millisecond: 0, microsecond: 0, nanosecond: 0 })
    .toInstant();
  const price = { coefficient: BigInt(pence), scale: 2 };
  try {
    await announceEvent(deps, { name, venue, startsAt, endsAt: startsAt.add({ hours }), price }, id);
    return true;
  } catch (error) {
    if (error instanceof Refusal || brokenConstraint(error) !== undefined || isFenced(error)) return false;
    throw error;
  }
}

function demoId(nth: number): string {
  return demo.nearlySoldOutEventId.replace(/1$/, (nth + 1).toString(16));
}

import type { Deps } from '@ticketbuddy/runtime';
import { change, type Details } from './event.ts';
import { publishEvent } from './publish-event.ts';
import { eventUnknown } from './refusals.ts';
import { claimVenue, lockEvent, updateEvent } from './store.ts';
import type { DB } from './tables.gen.ts';

/** Changes an event's name, dates and price; the venue stays. */
export async function changeEvent({ db, clock }: Deps<DB>, id: string, said: Details): Promise<void> {
  await db.transaction(async (tx) => {
    const known = await lockEvent(tx, id);
    if (!known) throw eventUnknown(id);
    const event = change(known, said, clock.now());
    await claimVenue(tx, event);
    await updateEvent(tx, event);
    await publishEvent(tx, event, clock.now());
  });
}

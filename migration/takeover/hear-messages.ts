import { randomUUID } from 'node:crypto';
import { openNewOwner, type Side } from '@ticketbuddy/cutover';
import { type Heeding, isHeeding, lateMs } from './hearing.ts';
import { countChanged, readTap } from './store-tap.ts';
import { streamOf, type Takeover } from './takeover.ts';
import type { UnitStep } from './unit-step.ts';
import { until } from './until.ts';
import { findUntold, settleTold, untoldMax } from './untold.ts';

/**
 * All that the old owner told was heard: it answers only after it has told, and nothing is under way at the gateways any more, so
 * it is in the queue, before a mark that is put there now. What it did not tell, the new owner tells when it is opened.
 */
export const hearMessages: UnitStep = {
  name: 'hear messages',
  msMax: 3_000,
  // What was untold is told with the opening: then there is nothing left to hear.
  check: async (move) => move.to === 'legacy' || openNewOwner.check(move),
  async do({ takeover, to }, signal) {
    if (to === 'legacy') return toldByNext;
    if (!isHeeding(takeover)) return whyDeaf(takeover);
    await untilHeard(takeover, signal);
    const untold = await settleTold(takeover.places.next.pool, takeover.plan);
    return toldText(takeover, untold);
  },
};

const toldByNext = 'the new system tells all of what it changes';

/** The gate of the messages. The way back is never closed by it: what the new system does not tell keeps it from being left. */
export async function lookAtMessages(takeover: Takeover, to: Side): Promise<string> {
  if (!isHeeding(takeover)) return whyDeaf(takeover);
  if (to === 'legacy') return toldByNext;
  await hearable(takeover);
  const untold = await findUntold(takeover.places.next.pool, takeover.plan);
  return toldText(
    takeover,
    untold.filter(({ openMs }) => openMs > lateMs),
  );
}

/** Throws, in a sentence, what keeps the unit's messages from being heard. */
async function hearable({ plan, places, tap }: Heeding): Promise<void> {
  const readers = await tap.readers();
  const state = await readTap(places.next.pool, streamOf(plan, 'next').name);
  if (!state?.isWhole || readers === undefined)
    throw new Error('nobody has begun to hear what the legacy tells: is `migrate start` running, with AMQP_URL?');
  if (readers === 0) throw new Error('nobody hears what the legacy tells: is `migrate start` running?');
}

/** All that was told before now. */
async function untilHeard({ plan, places, tap }: Heeding, signal: AbortSignal): Promise<void> {
  const mark = randomUUID();
  await tap.mark(mark);
  await until(async () => (await readTap(places.next.pool, streamOf(plan, 'next').name))?.mark === mark, signal);
}

const provenMsMax = 3_000;

/** Throws what keeps the unit's messages from being heard at this moment, before anybody has to wait for that. */
export async function proveHearing(takeover: Heeding): Promise<void> {
  await hearable(takeover);
  const late = new Error(`what the legacy tells is not heard within ${provenMsMax} ms`);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(late), provenMsMax);
  await untilHeard(takeover, over.signal).finally(() => clearTimeout(timer));
}

function whyDeaf({ plan }: Takeover): string {
  return plan.messages
    ? 'not heard, since AMQP_URL is not set: what the legacy does not tell stays untold'
    : 'it has none';
}

const keysShown = 10;

/** Throws when there is more than a switch can tell. */
async function toldText({ plan, places }: Heeding, untold: readonly { readonly key: string }[]): Promise<string> {
  const changed = await countChanged(places.next.pool, streamOf(plan, 'next').name);
  if (untold.length === 0) return `all of ${changed} changed rows were told`;
  if (untold.length > untoldMax)
    throw new Error(`more than ${untoldMax} of ${changed} changed rows were never told by the legacy as they are`);
  const shown = untold.slice(0, keysShown).map(({ key }) => key);
  const more = untold.length > keysShown ? ', …' : '';
  const were =
    untold.length === 1 ? 'was never told by the legacy as it is' : 'were never told by the legacy as they are';
  return `${untold.length} of ${changed} changed rows ${were}: ${shown.join(', ')}${more}`;
}

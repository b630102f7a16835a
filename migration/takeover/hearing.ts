import type { Backfill } from '@ticketbuddy/backfill';
import { type Batch, quotedName } from '@ticketbuddy/change-stream';
import { type Loop, repeat } from '@ticketbuddy/messaging/loop';
import type { Heard, Tap } from '@ticketbuddy/messaging/tap';
import { withTransaction } from '@ticketbuddy/postgres';
import type { UnitMessages } from './messages.ts';
import { beginTap, breakTap, logEnd, noteChanged, noteMark, noteTold, readTap, type Told } from './store-tap.ts';
import { streamOf, type Takeover, type UnitPlan } from './takeover.ts';
import { digestOf, settleTold, type TellingPlan } from './untold.ts';

export type HearingOptions = {
  readonly onError: (error: unknown) => void;
  /** The rows that the legacy should have told of by now. */
  readonly onUntold: (keys: readonly string[]) => void;
};

/** A unit whose messages can be heard. */
export type Heeding = Takeover & { readonly plan: TellingPlan; readonly tap: Tap };

const checkEveryMs = 1_000;
/** A message that comes at all comes sooner, unless the legacy's broker is away. */
export const lateMs = 5_000;

/** Whether there is something to hear, and a way to hear it. */
export function isHeeding(takeover: Takeover): takeover is Heeding {
  return takeover.plan.messages !== undefined && takeover.tap !== undefined;
}

/** Hears all that is told of the unit, whoever tells it, and compares it with the rows that the legacy changes, until it is stopped. */
export function startHearing(takeover: Heeding, options: HearingOptions): Pick<Loop, 'stop'> {
  const { plan, places, tap } = takeover;
  const stream = streamOf(plan, 'next').name;
  const reading = tap.read({
    hasBegun: async () => (await readTap(places.next.pool, stream))?.isWhole === true,
    async begin(make) {
      await breakTap(places.next.pool, stream);
      await make();
      // What the legacy commits from here on it tells later, and that is heard.
      await beginTap(places.next.pool, stream, await logEnd(places.legacy.pool));
    },
    heard: (heard) => note(takeover, heard),
    onError: options.onError,
  });
  const check = async () => {
    const late = (await settleTold(places.next.pool, plan)).filter(({ openMs }) => openMs > lateMs);
    if (late.length > 0) options.onUntold(late.map(({ key }) => key));
    return 0;
  };
  const checking = repeat(check, { idleMs: checkEveryMs, onError: options.onError });
  return { stop: async () => void (await Promise.all([reading.stop(), checking.stop()])) };
}

// By one statement, of a transaction that has changed very many.
const notedMax = 10_000;

/** Notes, in the transaction that applies them, which rows the legacy has changed. */
export function changesNoted(plan: UnitPlan & { readonly messages: UnitMessages }): NonNullable<Backfill['note']> {
  const { of } = plan.messages;
  const [table, [column = '']] = [quotedName(of), of.key];
  const changedIn = ({ changes, position }: Batch) =>
    changes.flatMap((change) => {
      const key = change.table === table ? change.row?.[column] : undefined;
      return typeof key === 'string' ? [{ key, position }] : [];
    });
  return async (tx, batches) => {
    const changed = batches.flatMap(changedIn);
    for (let from = 0; from < changed.length; from += notedMax)
      await noteChanged(tx, streamOf(plan, 'next').name, changed.slice(from, from + notedMax));
  };
}

async function note({ plan, places }: Heeding, heard: readonly Heard[]): Promise<void> {
  const stream = streamOf(plan, 'next').name;
  const told = new Map<string, Told>();
  for (const one of heard) {
    const said = 'mark' in one ? undefined : plan.messages.read(one);
    if (!said || 'mark' in one) continue;
    const known = told.get(said.key);
    const isNewest = known === undefined || Temporal.Instant.compare(known.sentAt, one.sentAt) <= 0;
    if (isNewest) told.set(said.key, { key: said.key, told: digestOf(said.says), sentAt: one.sentAt });
  }
  const mark = heard.flatMap((one) => ('mark' in one ? [one.mark] : [])).at(-1);
  await withTransaction(places.next.pool, async (tx) => {
    if (told.size > 0) await noteTold(tx, stream, [...told.values()]);
    if (mark !== undefined) await noteMark(tx, stream, mark);
  });
}

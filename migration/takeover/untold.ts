import { createHash } from 'node:crypto';
import type { Message } from '@ticketbuddy/messaging';
import type pg from 'pg';
import type { Saying, UnitMessages } from './messages.ts';
import { forgetRows, type OpenRow, openRows, settleRows } from './store-tap.ts';
import { streamOf, type UnitPlan } from './takeover.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** A row that was never told as it is now, and what there is to be told of it. */
export type Untold = OpenRow & Saying;

export type TellingPlan = UnitPlan & { readonly messages: UnitMessages };

type Compared = { readonly settled: readonly OpenRow[]; readonly untold: readonly Untold[] };

const pageRows = 1_000;

/** More than these are not told with a switch, for which writes wait; nor is more looked for. */
export const untoldMax = 10_000;

/** What of the changed rows nobody was told as it is now. Some of it may be on its way. Changes nothing. */
export async function findUntold(next: Querying, plan: TellingPlan): Promise<Untold[]> {
  return comparePages(next, plan, async () => undefined);
}

/** The same; and what was told as it is is not looked at again before it is changed. */
export async function settleTold(next: Querying, plan: TellingPlan): Promise<Untold[]> {
  const { name } = streamOf(plan, 'next');
  return comparePages(next, plan, async ({ settled }) => {
    if (settled.length > 0) await settleRows(next, name, settled);
  });
}

/**
 * Lets the new system tell what nobody was told, in the transaction in which it becomes the owner; from then on nothing counts as
 * changed by the legacy. Each message has the id that it would have the next time.
 */
export async function tellUntold(tx: pg.ClientBase, plan: TellingPlan, epoch: number): Promise<void> {
  const untold = await findUntold(tx, plan);
  const now = Temporal.Now.instant();
  const messages = untold.map((row) => messageOf(row, `${plan.unit} ${epoch} ${row.key}`, now));
  if (messages.length > 0) await plan.messages.tell(tx, messages);
  await forgetRows(tx, streamOf(plan, 'next').name);
}

/** What a message said, short enough to be kept for each row. */
export function digestOf(says: string): string {
  return createHash('sha256').update(says).digest('hex');
}

async function comparePages(
  next: Querying,
  plan: TellingPlan,
  onPage: (page: Compared) => Promise<void>,
): Promise<Untold[]> {
  const untold: Untold[] = [];
  for (let after = ''; ; ) {
    const rows = await openRows(next, streamOf(plan, 'next').name, after, pageRows);
    const last = rows.at(-1);
    if (!last) return untold;
    const page = await compare(next, plan, rows);
    await onPage(page);
    untold.push(...page.untold);
    if (untold.length > untoldMax) return untold;
    after = last.key;
  }
}

// Of a row that is not there nothing can be told: it was set aside, and may come.
async function compare(next: Querying, { messages }: TellingPlan, rows: readonly OpenRow[]): Promise<Compared> {
  const sayings = await messages.sayings(
    next,
    rows.map(({ key }) => key),
  );
  const byKey = new Map(sayings.map((saying) => [saying.key, saying]));
  const known = rows.flatMap((row) => {
    const saying = byKey.get(row.key);
    return saying ? [{ ...row, ...saying, isTold: row.told === digestOf(saying.says) }] : [];
  });
  return { settled: known.filter(({ isTold }) => isTold), untold: known.filter(({ isTold }) => !isTold) };
}

// Without a version, as the legacy tells: the time of sending has to make it the newest.
function messageOf({ key, urn, body, sentAt }: Untold, seed: string, now: Temporal.Instant): Message {
  const id = createHash('md5').update(seed).digest('hex');
  const after = sentAt?.add({ microseconds: 1 });
  const isLater = after === undefined || Temporal.Instant.compare(now, after) >= 0;
  return { id, urn, key, version: undefined, sentAt: isLater ? now : after, body };
}

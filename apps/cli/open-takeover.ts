import { readFence } from '@ticketbuddy/cutover';
import { StartError } from '@ticketbuddy/errors';
import { legacyEvents, legacyMessages } from '@ticketbuddy/events/legacy';
import { outboxWaiting } from '@ticketbuddy/messaging/outbox-waiting';
import { createTap, type Tap } from '@ticketbuddy/messaging/tap';
import { createPool } from '@ticketbuddy/postgres';
import { knownMoverUrl, moverUrl, type Takeover, tapQueueOf, type UnitPlan } from '@ticketbuddy/takeover';
import type { Context } from './context.ts';
import { type OpenDatabase, openDatabase } from './open-database.ts';
import { type UnitName, unitOf } from './units.ts';

const endOfTime = Temporal.Instant.from('9999-12-31T00:00:00Z');

const plans: Readonly<Record<UnitName, UnitPlan>> = {
  events: {
    ...legacyEvents,
    messages: legacyMessages,
    unsent: (pool) => outboxWaiting(pool, 'events', endOfTime),
  },
};

export type OpenTakeover = AsyncDisposable & {
  readonly takeover: Takeover;
  /** The new database, as the shop's own role. */
  readonly own: OpenDatabase;
};

// A command looks at much and writes little; each connection more has to be made, and all begin cold.
const usualConnections = 4;

export type OpenOptions = {
  /** To each database. */
  readonly connections?: number;
  readonly byTriggers?: UnitPlan['byTriggers'];
  /** Makes the role that moves the rows, unless it is there. Without it nothing is changed. */
  readonly isStarting?: boolean;
};

/** The unit and its two databases. Throws a `StartError` when there is no such unit, or no way to one of them. */
export async function openTakeover(
  context: Context,
  unit: string,
  { connections = usualConnections, byTriggers = [], isStarting = false }: OpenOptions = {},
): Promise<OpenTakeover> {
  const plan = { ...plans[unitOf(unit)], byTriggers };
  const { legacyDatabaseUrl } = context.config;
  if (legacyDatabaseUrl === undefined) {
    throw new StartError(
      "LEGACY_DATABASE_URL: expected the legacy's database, a URL like postgres://user@host:5432/name.",
    );
  }
  await using stack = new AsyncDisposableStack();
  const own = stack.use(await openDatabase(context));
  const url = await (isStarting ? moverUrl : knownMoverUrl)(own.pool, own.url);
  const next = { url, pool: createPool({ url, connections }) };
  stack.defer(async () => {
    if (!next.pool.ending) await next.pool.end();
  });
  const legacy = { url: legacyDatabaseUrl, pool: createPool({ url: legacyDatabaseUrl, connections }) };
  stack.defer(() => legacy.pool.end());
  const tap = tapOf(plan, context.config.amqpUrl);
  stack.defer(async () => tap?.close());
  const opened = stack.move();
  return {
    takeover: { plan, places: { legacy, next }, ...(tap && { tap }) },
    own,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The same, for what needs a move that has begun. Throws a `StartError` when none has. */
export async function openBegun(context: Context, unit: string): Promise<OpenTakeover> {
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await openTakeover(context, unit));
  if (!(await readFence(opened.takeover.places.next.pool, unit)))
    throw new StartError(`Nothing has been started: run \`migrate start ${unit}\`.`);
  stack.move();
  return opened;
}

function tapOf(plan: UnitPlan, url: string | undefined): Tap | undefined {
  if (url === undefined || !plan.messages) return undefined;
  return createTap({ url, queue: tapQueueOf(plan), urns: plan.messages.urns });
}

import { createPace, type Pace, startBackfill, throttle } from '@ticketbuddy/backfill';
import type { Outcome, Side } from '@ticketbuddy/cutover';
import { type Loop, repeat } from '@ticketbuddy/messaging/loop';
import type { ConfirmedDiff } from '@ticketbuddy/parity';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import { type OpenDirection, openDirection } from './direction.ts';
import { isHeeding, startHearing } from './hearing.ts';
import { prepareTakeover } from './prepare.ts';
import { serveRequest } from './serve-requests.ts';
import { type MoveAnswer, requestChannel } from './store-requests.ts';
import { createTapTables } from './store-tap.ts';
import { resumeSwitch } from './switch-unit.ts';
import type { Takeover } from './takeover.ts';
import { startVerifying } from './verifying.ts';

export type WorkerOptions = {
  readonly pace?: Pace;
  /** The copy gives way while a query at the legacy takes longer than this, in ms; unset: as it was told last. */
  readonly probeMsMax?: number | 'off';
  /** The most log that either server may keep for the unit; beyond it its stream is given up. */
  readonly slotBytesMax?: number;
  /** Hears of what failed, and where; it is tried again. */
  readonly onError: (where: string, error: unknown) => void;
  /** A row that differs on both sides, which is not for being on its way. */
  readonly onDifference?: (table: string, diff: ConfirmedDiff) => void;
  /** Rows that the legacy has changed and not told of, though it had the time for it. */
  readonly onUntold?: (keys: readonly string[]) => void;
  /** A move that somebody had left was brought to its end. */
  readonly onResumed?: (outcome: Outcome) => void;
  /** A move that somebody had asked for was made, or was not. */
  readonly onServed?: (answer: MoveAnswer) => void;
};

export type Worker = { stop(): Promise<void> };

const gibibyte = 1_073_741_824;
// A move that is asked for is heard of at once; what was left of one is found by looking.
const lookEveryMs = 500;

/**
 * Carries the unit's rows both ways until it is stopped, makes the moves that are asked for, and finishes those that others
 * have left. There is one at a time: another one throws a conflict.
 */
export async function startWorker(takeover: Takeover, options: WorkerOptions): Promise<Worker> {
  await prepareTakeover(takeover);
  if (isHeeding(takeover)) await createTapTables(takeover.places.next.pool);
  const forth = await openDirection(takeover, 'next', (error) => options.onError('the stream to next', error));
  try {
    if (options.probeMsMax !== undefined) await limit(takeover, forth, options.probeMsMax);
    const back = await openDirection(takeover, 'legacy', (error) => options.onError('the stream to legacy', error));
    return await run(takeover, [forth, back], options).catch(async (error) => {
      await back.close();
      throw error;
    });
  } catch (error) {
    await forth.close();
    throw error;
  }
}

async function run(takeover: Takeover, directions: readonly OpenDirection[], options: WorkerOptions): Promise<Worker> {
  const { onError, onDifference = () => undefined } = options;
  const verifying = await startVerifying(takeover, {
    onDifference,
    onError: (error) => onError('the comparison of both sides', error),
  });
  const moving = await startMoving(takeover, options).catch(async (error) => {
    await verifying.stop();
    throw error;
  });
  const hearing = hear(takeover, options);
  const carrying = directions.map((direction) => carry(direction, options));
  const loops: Pick<Loop, 'stop'>[] = [...carrying, moving, verifying, ...hearing];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await Promise.all(directions.map((direction) => direction.close()));
    },
  };
}

/** Finishes the move that somebody has left, and makes the one that somebody asks for. */
async function startMoving(
  takeover: Takeover,
  { onError, onResumed = () => undefined, onServed = () => undefined }: WorkerOptions,
): Promise<Pick<Loop, 'stop'>> {
  const pass = async () => {
    const outcome = await resumeSwitch(takeover);
    if (outcome) onResumed(outcome);
    const answer = await serveRequest(takeover);
    if (answer) onServed(answer);
    return answer ? 1 : 0;
  };
  const notifications = new PostgresNotifications(takeover.places.next.url);
  let loop: Loop | undefined;
  notifications.listen(requestChannel, () => loop?.wake());
  await notifications.start();
  loop = repeat(pass, { idleMs: lookEveryMs, onError: (error) => onError('moving the unit', error) });
  return { stop: async () => void (await Promise.all([notifications.stop(), loop?.stop()])) };
}

function hear(takeover: Takeover, options: WorkerOptions): Pick<Loop, 'stop'>[] {
  if (!isHeeding(takeover)) return [];
  const { onError, onUntold = () => undefined } = options;
  return [startHearing(takeover, { onUntold, onError: (error) => onError('the messages of the unit', error) })];
}

function carry({ to, backfill, stream }: OpenDirection, options: WorkerOptions): Loop {
  const { pace = createPace({}), slotBytesMax = gibibyte, onError } = options;
  return startBackfill({ backfill, stream, pace, slotBytesMax, onError: (error) => onError(wayTo(to), error) });
}

function limit({ places }: Takeover, { backfill }: OpenDirection, probeMsMax: number | 'off'): Promise<void> {
  const { schema, unit } = backfill.writer;
  return throttle({ pool: places.next.pool, schema, unit }, probeMsMax);
}

function wayTo(side: Side): string {
  return `the way to ${side}`;
}

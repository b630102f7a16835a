import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '@ticketbuddy/cutover';
import { repeat } from '@ticketbuddy/messaging';
import { type ReadShare, readShares } from '@ticketbuddy/takeover';
import type pg from 'pg';

/** How many of the reads go where, as somebody has said in the database. */
export type Shares = {
  /** Of the reads of an endpoint, those that the side answers that is not this owner: 0 while that side is behind or unknown. */
  percentOf(unit: string, endpoint: string, owner: Side): number;
  /** Of the reads of an endpoint, those that are compared. */
  shadowPercentOf(unit: string, endpoint: string): number;
  /** Whether the database has answered of late. */
  isFresh(): boolean;
  stop(): Promise<void>;
};

export type SharesOptions = {
  /** Of the new system. */
  readonly pool: pg.Pool;
  readonly units: readonly string[];
  /** Whether a side of a unit has what the owner wrote until two seconds ago. Unset: nobody can tell. */
  readonly isNear?: (unit: string, side: Side) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
};

const everyMs = 1_000;
// A database of either side that hangs must not keep the shares themselves from being known.
const nearMsMax = 1_000;
// What was known longer ago than that decides nothing.
const staleMsMax = 2_500;

type Known = { readonly atMs: number; readonly shares: ReadonlyMap<string, ReadShare> };

/** Looks each second. Throws what keeps it from looking the first time. */
export async function openShares({ pool, units, isNear, onError }: SharesOptions): Promise<Shares> {
  const look = async (): Promise<Known> => {
    const atMs = performance.now();
    const shares = await Promise.all((await readShares(pool, units)).map((share) => whileNear(share, isNear)));
    return { atMs, shares: new Map(shares.map((share) => [keyOf(share.unit, share.endpoint), share])) };
  };
  let known = await look();
  const pass = async () => {
    known = await look();
    return 0;
  };
  const loop = repeat(pass, { idleMs: everyMs, onError });
  const isFresh = () => performance.now() - known.atMs <= staleMsMax;
  return {
    percentOf(unit, endpoint, owner) {
      const share = known.shares.get(keyOf(unit, endpoint));
      return share && share.owner === owner && isFresh() ? share.percent : 0;
    },
    shadowPercentOf: (unit, endpoint) => known.shares.get(keyOf(unit, endpoint))?.shadowPercent ?? 0,
    isFresh,
    stop: () => loop.stop(),
  };
}

async function whileNear(share: ReadShare, isNear: SharesOptions['isNear']): Promise<ReadShare> {
  const { unit, owner, percent } = share;
  if (percent === 0 || owner === null) return share;
  const other = owner === 'legacy' ? 'next' : 'legacy';
  const late = sleep(nearMsMax, false, { ref: false });
  const mayAnswer = await Promise.race([isNear?.(unit, other).catch(() => false), late]);
  return mayAnswer ? share : { ...share, percent: 0 };
}

function keyOf(unit: string, endpoint: string): string {
  return `${unit} ${endpoint}`;
}

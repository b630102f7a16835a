import type { Side } from '@ticketbuddy/cutover';
import { legacyEvents } from '@ticketbuddy/events/legacy';
import { createPool } from '@ticketbuddy/postgres';
import {
  beginShadow,
  createReadShares,
  isNear,
  moverUrl,
  type Place,
  type Takeover,
  type UnitPlan,
} from '@ticketbuddy/takeover';
import type pg from 'pg';
import { createReads, type Endpoint, type Reads } from './reads.ts';
import { openShadows, type Shadows } from './shadows.ts';
import { openShares, type Shares } from './shares.ts';
import type { UnitName } from './units.ts';

/** A unit, and what can be read of it at either side. */
export type ReadPlan = UnitPlan & { readonly reads: readonly Endpoint[] };

const known: Readonly<Partial<Record<UnitName, ReadPlan>>> = { events: legacyEvents };

/** Of what is known by its context so; the other units are read at their owners. */
export function readPlansOf(units: readonly UnitName[]): ReadPlan[] {
  return units.flatMap((unit) => known[unit] ?? []);
}

export type OpenReads = {
  readonly reads: Reads;
  readonly shares: Shares;
  readonly shadows: Shadows | undefined;
  stop(): Promise<void>;
};

export type OpenReadsOptions = {
  /** Of the new system. */
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
  /** Without it nobody can tell how near the other side is: the owner answers all reads. */
  readonly legacyDatabaseUrl: string | undefined;
  readonly urls: Readonly<Record<Side, string>>;
  readonly plans: readonly ReadPlan[];
  /** For units of which nobody has said yet how many of their reads are compared. */
  readonly shadowPercent: number;
  readonly name: string;
  readonly onError: (error: unknown) => void;
};

/** Opens what decides who answers reads, and what compares them. Throws when a database does not answer. */
export async function openReads(options: OpenReadsOptions): Promise<OpenReads> {
  const { pool, plans, onError } = options;
  await createReadShares(pool);
  for (const { unit, reads } of options.shadowPercent > 0 ? plans : [])
    await beginShadow(
      pool,
      unit,
      reads.map(({ endpoint }) => endpoint),
      options.shadowPercent,
    );
  const places = await openPlaces(options);
  const takeovers = Object.fromEntries(
    places ? plans.map((plan): [string, Takeover] => [plan.unit, { plan, places }]) : [],
  );
  const isNearThere = async (unit: string, side: Side) => {
    const takeover = takeovers[unit];
    return takeover !== undefined && isNear(takeover, side);
  };
  const shares = await openShares({ pool, units: plans.map(({ unit }) => unit), isNear: isNearThere, onError });
  const endpoints = Object.fromEntries(plans.map(({ unit, reads }) => [unit, reads]));
  const shadows = places && openShadows({ ...options, takeovers, shares });
  return {
    reads: createReads({ endpoints, shares }),
    shares,
    shadows,
    async stop() {
      await shadows?.stop();
      await shares.stop();
      await Promise.all(Object.values(places ?? {}).map((place) => place.pool.end()));
    },
  };
}

const connections = 4;

/** As the role of the migration, whose tables they are. */
async function openPlaces({ pool, databaseUrl, legacyDatabaseUrl }: OpenReadsOptions) {
  if (legacyDatabaseUrl === undefined) return undefined;
  return { legacy: placeAt(legacyDatabaseUrl), next: placeAt(await moverUrl(pool, databaseUrl)) };
}

function placeAt(url: string): Place {
  return { url, pool: createPool({ url, connections }) };
}

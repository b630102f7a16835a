import { quotedName, type SourceTable, type Unit } from '@ticketbuddy/change-stream';
import type { FencePlan, Side } from '@ticketbuddy/cutover';
import type { TableMapping } from '@ticketbuddy/mapping';
import type { Tap } from '@ticketbuddy/messaging/tap';
import type { Rules } from '@ticketbuddy/shadow';
import type pg from 'pg';
import type { UnitMessages } from './messages.ts';
import { schema } from './schema.ts';

/** A unit that changes hands: what it is, as data. */
export type UnitPlan = {
  /** Lower case letters, digits and `_`. */
  readonly unit: string;
  readonly tables: readonly TableMapping[];
  /** What the streams are called in the two servers, each with a suffix; the unit's name when unset. */
  readonly streams?: string;
  /** Sides whose changes are to be captured by triggers, though their log could be read. */
  readonly byTriggers?: readonly Side[];
  /** How many messages of the unit the new system has to send that are not out yet. They are, before it gives the unit back. */
  readonly unsent?: (next: pg.Pool) => Promise<number>;
  /** What is told of its rows; nothing when unset. */
  readonly messages?: UnitMessages;
  /** What may differ between the answers of its two systems; nothing when unset. */
  readonly shadowRules?: Rules;
};

/** A database, logged in as the migration's own role: writes of that role pass the fence. */
export type Place = { readonly url: string; readonly pool: pg.Pool };

/** A unit and where its two systems keep it. */
export type Takeover = {
  readonly plan: UnitPlan;
  readonly places: Readonly<Record<Side, Place>>;
  /** A queue beside those of others, to hear what is told of the unit; unset where there is no broker to hear it from. */
  readonly tap?: Tap;
};

export function otherSide(side: Side): Side {
  return side === 'legacy' ? 'next' : 'legacy';
}

/** The row of it that names the owner travels with the rows of the unit, and so tells which of them its owner wrote. */
export const fences: SourceTable = { schema, name: 'fences', key: ['unit'] };

/** What is followed at the one side to be written at the side `to`. */
export function streamOf({ unit, streams = unit, tables, byTriggers = [] }: UnitPlan, to: Side): Unit {
  const side = otherSide(to);
  const followed = [...tables.map((table) => table[side]), fences];
  return { name: `${streams}_to_${to}`, tables: followed, ...(byTriggers.includes(side) && { capture: 'triggers' }) };
}

/** What writes of ours at the side `to` are marked with in its log. */
export function originOf({ unit, streams = unit }: UnitPlan, to: Side): string {
  return `ticketbuddy_${streams}_to_${to}`;
}

/** How the queue is called that hears what is told of the unit. */
export function tapQueueOf({ unit, streams = unit }: Pick<UnitPlan, 'unit' | 'streams'>): string {
  return `ticketbuddy.tap.${streams}`;
}

export function tablesAt({ tables }: UnitPlan, side: Side): string[] {
  return tables.map((table) => quotedName(table[side]));
}

/** The new system is told the epoch with each request; the legacy knows nothing of it. */
export function fencePlanOf({ plan }: Takeover, side: Side, applier: string): FencePlan {
  const needsEpoch = side === 'next';
  return { unit: plan.unit, side, tables: tablesAt(plan, side), appliers: [applier], needsEpoch };
}

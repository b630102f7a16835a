import { progress } from '@ticketbuddy/backfill';
import { withLock } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { type ConfirmedDiff, compareFollowed, type FollowedParity } from './compare-followed.ts';
import type { Range } from './compared.ts';
import { checkInvariants } from './invariants.ts';
import { advance, beginRound, type Chunk, diffsKept, isWhole, knownAfter, type Round } from './round.ts';
import { chunkEnd } from './store.ts';
import { readClock, readState, type State, saveState } from './store-proofs.ts';
import type { VerifiedTable, Verifier } from './verifier.ts';

export type VerifyPass = {
  /** `copying`: the copy of the table is not complete; `elsewhere`: another process verifies it at this moment. */
  readonly outcome: 'verified' | 'copying' | 'elsewhere';
  readonly table: string;
  /** How many rows of the source were looked at, those that are known to differ left out. */
  readonly rows: number;
  /** How many of the table's rows are known to differ now. */
  readonly differences: number;
};

/**
 * Verifies a little of the next table: the rows that were written to since the last pass, on either side, those that are
 * known to differ, and one chunk of the way round. What it found is saved together with how far it came: killed at any
 * point, the next pass looks at the same again. Each call goes on with the next of the tables.
 */
export async function verifyPass(verifier: Verifier): Promise<VerifyPass> {
  const { target, schema, unit } = verifier.followed;
  const table = verifier.nextTable();
  const pass = (client: pg.PoolClient) => verify(verifier, table, client);
  const done = await withLock(target, `verify.${schema}.${unit.name}.${table.name}`, pass);
  return done ?? { outcome: 'elsewhere', table: table.name, rows: 0, differences: 0 };
}

async function verify(verifier: Verifier, table: VerifiedTable, client: pg.PoolClient): Promise<VerifyPass> {
  const { schema, unit } = verifier.followed;
  const place = { schema, unit: unit.name, name: table.name };
  if (await isBeingCopied(verifier, table)) return { outcome: 'copying', table: table.name, rows: 0, differences: 0 };
  const now = await readClock(client);
  const state = await readState(client, place);
  const round = state.round ?? beginRound(now);
  const fresh = await freshKeys(table, state);
  const chunk = await nextChunk(verifier, table, round);
  const found = await lookAtAll(verifier, table, state, round, fresh, chunk);
  tell(verifier, table, state, fresh, found);
  const next = learn(state, fresh, found, now);
  const concluded = await conclude(verifier, table, advance(round, chunk, found), client);
  await saveState(client, place, { ...next, ...concluded });
  const rows = fresh.keys.length + (chunk?.rows ?? 0);
  verifier.spend(rows);
  return { outcome: 'verified', table: table.name, rows, differences: next.known.length };
}

async function isBeingCopied({ followed }: Verifier, { changesOf }: VerifiedTable): Promise<boolean> {
  const copies = await progress(followed.target, { schema: followed.schema, unit: followed.unit.name });
  return copies.some(({ table, isComplete }) => table === changesOf && !isComplete);
}

type Fresh = {
  readonly keys: readonly string[];
  readonly marks: Pick<State, 'changedMark' | 'rogueMark'>;
  /** There is no row besides that the source is known to have changed. */
  readonly isAll: boolean;
};

const keysAtOnce = 500;

async function freshKeys({ changedKeys, rogueKeys }: VerifiedTable, state: State): Promise<Fresh> {
  const rogue = await rogueKeys?.(state.rogueMark, keysAtOnce);
  const changed = await changedKeys?.(state.changedMark, keysAtOnce);
  return {
    keys: [...new Set([...(rogue?.keys ?? []), ...(changed?.keys ?? [])])],
    marks: { rogueMark: rogue?.mark ?? state.rogueMark, changedMark: changed?.mark ?? state.changedMark },
    isAll: changed !== undefined && changed.keys.length < keysAtOnce,
  };
}

// While so much is waiting to be looked at again, nothing is added to it.
const openMax = 64;

async function nextChunk(verifier: Verifier, table: VerifiedTable, round: Round): Promise<Chunk | undefined> {
  if (round.isAtEnd || round.open.length >= openMax) return undefined;
  const limit = await verifier.rowsNow();
  if (limit === 0) return undefined;
  return chunkEnd(verifier.followed.source, table, round.reached, limit);
}

async function lookAtAll(
  { followed, patienceMs, waitMsMax }: Verifier,
  table: VerifiedTable,
  { known }: State,
  { open, reached }: Round,
  { keys }: Fresh,
  chunk: Chunk | undefined,
): Promise<FollowedParity> {
  const ranges: Range[] = [{ keys }, ...open, { keys: known.map(({ key }) => key) }];
  if (chunk) ranges.push({ after: reached, upTo: chunk.upTo });
  const anything = ranges.filter((range) => range.keys?.length !== 0);
  return compareFollowed(followed, table, anything, {
    diffsMax: diffsKept + 1,
    ...(patienceMs !== undefined && { patienceMs }),
    ...(waitMsMax !== undefined && { waitMsMax }),
  });
}

function tell(
  { onDifference }: Verifier,
  { name }: VerifiedTable,
  { known }: State,
  { keys }: Fresh,
  { diffs }: FollowedParity,
) {
  const told = new Set(known.map(textOf));
  const written = new Set(keys);
  for (const diff of diffs) if (written.has(diff.key) || !told.has(textOf(diff))) onDifference(name, diff);
}

function textOf({ lastChange: _, ...diff }: ConfirmedDiff): string {
  return JSON.stringify(diff);
}

function learn(state: State, { marks, isAll }: Fresh, found: FollowedParity, now: string): State {
  const isUpToDate = isAll && found.unproven.length === 0;
  return {
    ...state,
    ...marks,
    known: knownAfter(state.known, found),
    hasMore: state.hasMore || found.diffs.length > diffsKept,
    changesAt: isUpToDate ? now : state.changesAt,
  };
}

/** Ends the round when it is whole and what has to hold of the whole table is known. */
async function conclude(
  { followed, onBrokenInvariant }: Verifier,
  { name, invariants = [] }: VerifiedTable,
  round: Round,
  client: pg.PoolClient,
): Promise<Partial<State>> {
  if (!isWhole(round)) return { round };
  const checks = await checkInvariants(followed, invariants);
  if (checks.some(({ verdict }) => verdict === 'moved')) return { round };
  const broken = checks.filter(({ verdict }) => verdict === 'differs');
  for (const check of broken) onBrokenInvariant?.(name, check);
  const whole = { from: round.beganAt, to: await readClock(client), rows: round.rows };
  return { round: undefined, whole, broken, hasMore: round.hasMore };
}

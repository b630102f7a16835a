import { countRejects, progress, readCheckpoint } from '@ticketbuddy/backfill';
import { captureKind, lag, schemaNow, slotSize } from '@ticketbuddy/change-stream';
import { fenceFaults, readFence, type Side } from '@ticketbuddy/cutover';
import type { Proof } from '@ticketbuddy/parity';
import { lookAtMessages } from './hear-messages.ts';
import { type Gate, rightsNeeded } from './needs.ts';
import { probe } from './probe.ts';
import { schema } from './schema.ts';
import { lookAtShadow } from './shadowing.ts';
import { edgesAlive, sessionUser, unfinishedMove } from './store.ts';
import { fencePlanOf, otherSide, streamOf, type Takeover } from './takeover.ts';
import { proofs } from './verifying.ts';

type Look = (takeover: Takeover, to: Side) => Promise<string>;

/** Thrown by a look: the gate is closed, and why. */
class Closed extends Error {}

/** Looks at every gate between the unit and the side `to`. Changes nothing. */
export async function gates(takeover: Takeover, to: Side): Promise<Gate[]> {
  return Promise.all(Object.entries(looks).map(([name, look]) => judge(name, () => look(takeover, to))));
}

async function judge(name: string, look: () => Promise<string>): Promise<Gate> {
  try {
    return { name, isOpen: true, says: await look() };
  } catch (error) {
    return { name, isOpen: false, says: reasonOf(error) };
  }
}

const undefinedTable = '42P01';

// Each table of ours is made by `migrate start`.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = (error as { code?: unknown }).code === undefinedTable && error.message.includes(`"${schema}.`);
  return isOurs ? 'not begun' : error.message;
}

const looks: Readonly<Record<string, Look>> = {
  owner: lookAtOwner,
  fences: lookAtFences,
  rights: lookAtRights,
  copy: lookAtCopy,
  rejects: lookAtRejects,
  parity: lookAtParity,
  'the stream to next': (takeover) => lookAtStream(takeover, 'next'),
  'the stream to legacy': (takeover) => lookAtStream(takeover, 'legacy'),
  'the way there': (takeover, to) => probe(takeover, to),
  'the way back': (takeover, to) => probe(takeover, otherSide(to)),
  gateways: lookAtGateways,
  messages: lookAtMessages,
  shadow: lookAtShadow,
};

async function lookAtOwner({ plan, places }: Takeover, to: Side): Promise<string> {
  const [legacy, next] = await Promise.all([places.legacy, places.next].map(({ pool }) => readFence(pool, plan.unit)));
  if (!legacy || !next) throw new Closed('nothing has been started: run `migrate start`');
  if (await unfinishedMove(places.next.pool, plan.unit)) throw new Closed('a move is under way');
  if (legacy.owner !== next.owner || legacy.epoch !== next.epoch) {
    throw new Closed(
      `the databases disagree: ${legacy.owner} in epoch ${legacy.epoch}, ${next.owner} in epoch ${next.epoch}`,
    );
  }
  if (legacy.owner !== otherSide(to)) throw new Closed(`the owner is ${legacy.owner} already`);
  return `${legacy.owner} in epoch ${legacy.epoch}, both databases agree`;
}

async function lookAtFences(takeover: Takeover): Promise<string> {
  for (const side of ['legacy', 'next'] as const) {
    const { pool } = takeover.places[side];
    const faults = await fenceFaults(pool, fencePlanOf(takeover, side, await sessionUser(pool)));
    if (faults.length > 0) throw new Closed(`in the database of ${side}: ${faults.join('; ')}`);
  }
  return 'whole in both databases';
}

async function lookAtRights(takeover: Takeover): Promise<string> {
  const missing = (await rightsNeeded(takeover)).filter(({ isOpen }) => !isOpen);
  if (missing.length > 0) throw new Closed(missing.map(({ name, says }) => `${name}: ${says}`).join('; '));
  return 'as both databases have to grant them';
}

async function lookAtCopy({ plan, places }: Takeover): Promise<string> {
  const tables = await progress(places.next.pool, { schema, unit: streamOf(plan, 'next').name });
  const left = tables.filter(({ isComplete }) => !isComplete);
  if (left.length > 0) {
    throw new Closed(
      left.map(({ table, rowsCopied, rowsEstimated }) => `${table}: ${rowsCopied} of ${rowsEstimated} rows`).join('; '),
    );
  }
  return tables.map(({ table, rowsCopied }) => `${table}: ${rowsCopied} rows`).join('; ');
}

async function lookAtRejects({ plan, places }: Takeover): Promise<string> {
  const found = [];
  for (const to of ['next', 'legacy'] as const) {
    const tables = await countRejects(places[to].pool, { schema, unit: streamOf(plan, to).name });
    found.push(...tables.map(({ table, rejects }) => `${rejects} rows of ${table} have no place at ${to}`));
  }
  if (found.length > 0) throw new Closed(`${found.join('; ')}: see \`migrate rejects\``);
  return 'none';
}

async function lookAtParity(takeover: Takeover, to: Side): Promise<string> {
  const found = await proofs(takeover, to);
  const open = found.filter(({ verdict }) => verdict !== 'proven');
  if (open.length > 0) throw new Closed(open.map(openText).join('; '));
  return found
    .map(({ table, rows, ageMs }) => `${table}: all ${rows} rows were the same ${seconds(ageMs)} ago or later`)
    .join('; ');
}

function openText({ table, verdict, ageMs, differences, hasMore }: Proof): string {
  if (verdict === 'differs')
    return `${table}: ${differences.length}${hasMore ? ' or more' : ''} rows differ, see \`migrate verify\``;
  if (verdict === 'unproven') return `${table}: has not been compared from beginning to end yet`;
  return `${table}: compared last ${seconds(ageMs)} ago, which is too long`;
}

function seconds(ms: number | null): string {
  return `${Math.ceil((ms ?? 0) / 1_000)} s`;
}

const secondsMax = 2;

async function lookAtStream({ plan, places }: Takeover, to: Side): Promise<string> {
  const [source, unit] = [places[otherSide(to)].pool, streamOf(plan, to)];
  const checkpoint = await readCheckpoint(places[to].pool, { schema, unit: unit.name });
  if (!checkpoint) throw new Closed('not begun');
  for (const table of unit.tables) await schemaNow(source, unit, table);
  const { bytes: kept } = await slotSize(source, unit);
  const { state, seconds, bytes } = await lag(source, unit, checkpoint, secondsMax);
  if (state === 'silent') throw new Closed('nobody carries rows: is `migrate start` running?');
  if (state !== 'following') throw new Closed(`${state}: ${seconds.toFixed(1)} s, ${bytes} bytes of log`);
  const what = (await captureKind(source, unit)) === 'log' ? 'of log' : 'of changes that triggers have written';
  return `${seconds.toFixed(1)} s behind; the server keeps ${Math.ceil(kept / 1024)} kB ${what} for it`;
}

async function lookAtGateways({ plan, places }: Takeover): Promise<string> {
  const edges = await edgesAlive(places.next.pool, plan.unit);
  if (edges.length === 0) throw new Closed('none is running: writes would fail instead of waiting');
  return edges.join(', ');
}

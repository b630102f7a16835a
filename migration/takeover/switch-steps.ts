import { quotedName } from '@ticketbuddy/change-stream';
import {
  fenceOldOwner,
  holdWrites,
  nameNewOwner,
  openNewOwner,
  releaseWrites,
  type Side,
  tellEdgesOfOwner,
} from '@ticketbuddy/cutover';
import { compared, type TableMapping } from '@ticketbuddy/mapping';
import { compare, type Parity, type Proof } from '@ticketbuddy/parity';
import type { SecondLook } from '@ticketbuddy/second-look';
import { hearMessages } from './hear-messages.ts';
import { schema } from './schema.ts';
import { lookAgain } from './second-look.ts';
import { isFenceSeen } from './store.ts';
import { keysSince } from './store-recorded.ts';
import { otherSide, streamOf } from './takeover.ts';
import type { UnitStep, UnitSwitch } from './unit-step.ts';
import { until } from './until.ts';
import { proofs } from './verifying.ts';

/** All that the old owner wrote is at the new one: the row that fenced it has come through the stream behind it. */
const drain: UnitStep = {
  name: 'drain',
  msMax: 5_000,
  check: isDrained,
  async do(move, signal) {
    await until(() => isDrained(move), signal);
    return 'all that the old owner wrote has come over';
  },
};

/** What the new system has to tell of its own writes is told, before the legacy tells of anything. */
const sendMessages: UnitStep = {
  name: 'send messages',
  msMax: 5_000,
  check: async (move) => (await unsent(move)) === 0,
  async do(move, signal) {
    await until(async () => (await unsent(move)) === 0, signal);
    return 'no message waits';
  },
};

/** Nobody writes, so that both sides have to be the same without any allowance. */
const verify: UnitStep = {
  name: 'verify',
  msMax: 5_000,
  check: async () => false,
  async do(move) {
    const found: Look[] = [];
    for (const mapping of move.takeover.plan.tables) found.push(await lookTwice(move, mapping));
    const wrong = found.filter(({ first }) => first.verdict !== 'same').map(({ first }) => first);
    if (wrong.length > 0) throw new Error(`the two sides differ: ${JSON.stringify(wrong)}`);
    for (const { second } of found) {
      if (second && second.verdict !== 'same')
        throw new Error(`a second look finds what the first one did not: ${JSON.stringify(second.diffs)}`);
    }
    return found.map(({ first: { name, rows } }) => ({ name, rows: rows.target }));
  },
};

/**
 * Compares as the switch will, while writes go on, whatever that finds: what is done for the first time takes several times as
 * long, and clients are not to wait for it.
 */
export async function warmUp({ takeover, to }: Pick<UnitSwitch, 'takeover' | 'to'>): Promise<void> {
  for (const mapping of takeover.plan.tables) await lookTwice({ takeover, to }, mapping);
}

/** The gateways read the owner in the new system's database: on the way back it has to name him before they are told. */
export function stepsTo(to: Side): readonly UnitStep[] {
  const telling = [tellEdgesOfOwner, releaseWrites];
  const after = to === 'next' ? [...telling, nameNewOwner] : [nameNewOwner, ...telling];
  return [holdWrites, fenceOldOwner, drain, sendMessages, hearMessages, verify, openNewOwner, ...after];
}

// So many rows cost a few hundredths of a second. Of more, a second look is taken by `migrate verify --second-look`.
const secondLookMax = 2_000;

type Look = { readonly first: Parity; readonly second: SecondLook | undefined };

async function lookTwice(move: Pick<UnitSwitch, 'takeover' | 'to'>, mapping: TableMapping): Promise<Look> {
  const proof = await proofOf(move, mapping);
  const comparing = compareStill(move, mapping, proof);
  const isKnown = proof !== undefined && proof.verdict !== 'unproven';
  const rows = isKnown ? proof.rows : (await comparing).rows.target;
  const looking = rows <= secondLookMax ? lookAgain(move.takeover, mapping) : undefined;
  const [first, second] = await Promise.all([comparing, looking]);
  return { first, second };
}

async function proofOf({ takeover, to }: Pick<UnitSwitch, 'takeover' | 'to'>, mapping: TableMapping) {
  const { name } = compared(mapping, to);
  return (await proofs(takeover, to)).find((proof) => proof.table === name);
}

// So many rows are compared in the time that writes can wait; of more, those that have changed since all were proven to be the same.
const allRowsMax = 20_000;
const provenMsMax = 55_000;

async function compareStill(
  { takeover, to }: Pick<UnitSwitch, 'takeover' | 'to'>,
  mapping: TableMapping,
  proof: Proof | undefined,
): Promise<Parity> {
  const { plan, places } = takeover;
  const table = compared(mapping, to);
  const sides = { source: places[otherSide(to)].pool, target: places[to].pool };
  if (proof?.verdict !== 'proven' || proof.rows <= allRowsMax || (proof.ageMs ?? 0) > provenMsMax)
    return compare(sides, table, {}, 10);
  const place = { schema, unit: streamOf(plan, to).name };
  const keys = await keysSince(places[to].pool, place, quotedName(mapping[otherSide(to)]), provenMsMax);
  return compare(sides, table, keys ? { keys } : {}, 10);
}

async function isDrained({ takeover: { plan, places }, to, epoch, deadline }: UnitSwitch): Promise<boolean> {
  return isFenceSeen(places[to].pool, streamOf(plan, to).name, { epoch, deadline });
}

async function unsent({ takeover: { plan, places }, from }: UnitSwitch): Promise<number> {
  return from === 'next' ? ((await plan.unsent?.(places.next.pool)) ?? 0) : 0;
}

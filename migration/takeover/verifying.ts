import { createPace } from '@ticketbuddy/backfill';
import { quotedName } from '@ticketbuddy/change-stream';
import { readFence, type Side } from '@ticketbuddy/cutover';
import { compared } from '@ticketbuddy/mapping';
import { type Loop, repeat } from '@ticketbuddy/messaging/loop';
import {
  type ConfirmedDiff,
  type Followed,
  openVerifier,
  type Proof,
  readProof,
  type Verifier,
  verifyPass,
} from '@ticketbuddy/parity';
import { changedKeysOf, recordOf } from './recorded.ts';
import { schema } from './schema.ts';
import { otherSide, streamOf, type Takeover } from './takeover.ts';

export type VerifyingOptions = {
  readonly rowsPerSecondMax?: number;
  readonly onDifference: (table: string, diff: ConfirmedDiff) => void;
  readonly onError: (error: unknown) => void;
};

const idleMs = 1_000;
// Evidence that is older opens no gate.
const ageMsMax = 60_000;
const changesAgeMsMax = 10_000;

/** Compares, for ever, what the side that does not own the unit holds with the owner's rows, wherever the unit is. */
export async function startVerifying(takeover: Takeover, options: VerifyingOptions): Promise<Loop> {
  const verifiers = {
    next: await verifierOf(takeover, 'next', options),
    legacy: await verifierOf(takeover, 'legacy', options),
  };
  const pass = async () => {
    const fence = await readFence(takeover.places.next.pool, takeover.plan.unit);
    if (!fence || fence.owner === 'moving') return 0;
    await verifyPass(verifiers[otherSide(fence.owner)]);
    // A small table would be gone round all the time.
    return 0;
  };
  return repeat(pass, { idleMs, onError: options.onError });
}

/** What is proven of the copy at the side `to`, a table each. */
export function proofs({ plan, places }: Takeover, to: Side): Promise<Proof[]> {
  const tables = plan.tables.map((mapping) => compared(mapping).name);
  const place = { schema, unit: streamOf(plan, to).name, tables };
  return readProof(places[to].pool, place, { ageMsMax, changesAgeMsMax });
}

/** The side `to`, as it is kept equal to the other one. */
export function followedOf({ plan, places }: Takeover, to: Side): Followed {
  const [source, target, unit] = [places[otherSide(to)].pool, places[to].pool, streamOf(plan, to)];
  return { source, target, unit, schema, ...recordOf(target, { schema, unit: unit.name }) };
}

function verifierOf(takeover: Takeover, to: Side, options: VerifyingOptions): Promise<Verifier> {
  const followed = followedOf(takeover, to);
  const place = { schema, unit: followed.unit.name };
  return openVerifier({
    followed,
    tables: takeover.plan.tables.map((mapping) => {
      const changesOf = quotedName(mapping[otherSide(to)]);
      return { ...compared(mapping, to), changesOf, changedKeys: changedKeysOf(followed.target, place, changesOf) };
    }),
    rowsPerSecondMax: options.rowsPerSecondMax ?? 25_000,
    pace: createPace({ chunkRows: 25_000, chunkRowsMax: 25_000 }),
    onDifference: options.onDifference,
  });
}

import type pg from 'pg';
import type { InvariantCheck } from './invariants.ts';
import type { Known } from './round.ts';
import { type ProofRow, readProofs } from './store-proofs.ts';

export type ProofPlace = {
  readonly schema: string;
  readonly unit: string;
  /** The names of the tables that have to be proven. */
  readonly tables: readonly string[];
};

export type ProofLimits = {
  /** How long ago the last whole round may have begun, in ms. */
  readonly ageMsMax: number;
  /** How long ago all rows that the source is known to have changed were last verified, in ms. */
  readonly changesAgeMsMax?: number;
};

export type Proof = {
  readonly table: string;
  /**
   * `differs`: something is known to differ now, or an invariant did not hold; `outdated`: what was proven is too old to
   * count; `unproven`: no round has come to its end.
   */
  readonly verdict: 'proven' | 'differs' | 'outdated' | 'unproven';
  /** When the last whole round began and ended, by the target's clock. */
  readonly from: string | null;
  readonly to: string | null;
  readonly rows: number;
  /** Each row was the same so long ago, in ms, or later. */
  readonly ageMs: number | null;
  readonly changesAgeMs: number | null;
  /** At most a hundred; `hasMore` when there are others. */
  readonly differences: Known;
  readonly hasMore: boolean;
  readonly broken: readonly InvariantCheck[];
};

/** What is proven of each of the tables, as of when. Of a table that nobody verifies, nothing is. */
export async function readProof(
  pool: pg.Pool | pg.PoolClient,
  { schema, unit, tables }: ProofPlace,
  limits: ProofLimits,
): Promise<Proof[]> {
  const proofs = new Map((await readProofs(pool, schema, unit)).map((proof) => [proof.name, proof]));
  return tables.map((table) => toProof(table, proofs.get(table) ?? nothing, limits));
}

const nothing: Omit<ProofRow, 'name'> = {
  from: null,
  to: null,
  rows: 0,
  ageMs: null,
  changesAgeMs: null,
  known: [],
  hasMore: false,
  broken: [],
};

function toProof(table: string, row: Omit<ProofRow, 'name'>, limits: ProofLimits): Proof {
  const { from, to, rows, ageMs, changesAgeMs, known, hasMore, broken } = row;
  const verdict = judge(row, limits);
  return { table, verdict, from, to, rows, ageMs, changesAgeMs, differences: known, hasMore, broken };
}

function judge(
  { known, hasMore, broken, ageMs, changesAgeMs }: Omit<ProofRow, 'name'>,
  { ageMsMax, changesAgeMsMax = Number.POSITIVE_INFINITY }: ProofLimits,
): Proof['verdict'] {
  if (known.length > 0 || hasMore || broken.length > 0) return 'differs';
  if (ageMs === null) return 'unproven';
  const isFresh = ageMs <= ageMsMax && (changesAgeMs ?? Number.POSITIVE_INFINITY) <= changesAgeMsMax;
  return isFresh ? 'proven' : 'outdated';
}

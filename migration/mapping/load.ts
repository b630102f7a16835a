import { type Chunk, type ColumnType, copyIn, type Loaded, typesIn } from '@ticketbuddy/backfill';
import { type Key, quotedName, type Row } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import type { Direction } from './direction.ts';
import { copyInto, createJudge, endOf, type LineForm, lineFormOf, rowOf, typedPairs } from './line.ts';
import { isAboutTheData, keysThere } from './store.ts';

type Load = (tx: pg.PoolClient, chunk: Chunk, apart: readonly Key[]) => Promise<Loaded>;

/**
 * Writes the rows of a chunk by COPY, straight from the source's lines. It leaves the rows that are there already, are
 * refused or would not come back as they are; and all of them when the two databases do not agree on the types, or either
 * has something against one of the rows. `undefined` where a mapping has no such way.
 */
export function loadOf(direction: Direction): Load | undefined {
  const form = lineFormOf(direction);
  if (!form) return undefined;
  let isOpen: boolean | undefined;
  return async (tx, chunk, apart) => {
    isOpen ??= await isSameTypes(tx, chunk, direction, form);
    const there = isOpen ? await keysThere(tx, direction, chunk.span, thereMax) : undefined;
    const loaded = there && (await tryLoad(tx, chunk, direction, form, [...there, ...apart]));
    return loaded ?? { written: 0, others: await chunk.rows() };
  };
}

// Of a target that has more than that, too little would be left to gain.
const thereMax = 10_000;

async function tryLoad(
  tx: pg.PoolClient,
  chunk: Chunk,
  direction: Direction,
  form: LineForm,
  apart: readonly Row[],
): Promise<Loaded | undefined> {
  await tx.query('savepoint before_load');
  try {
    return await load(tx, chunk, direction, form, apart);
  } catch (error) {
    if (!isAboutTheData(error)) throw error;
    await tx.query('rollback to savepoint before_load');
    return undefined;
  }
}

async function load(
  tx: pg.PoolClient,
  chunk: Chunk,
  direction: Direction,
  form: LineForm,
  apart: readonly Row[],
): Promise<Loaded> {
  const others: Row[] = [];
  let written = 0;
  const isForUs = createJudge(form, direction, apart);
  const into = await copyIn(tx, copyInto(direction, form));
  const take = (line: Buffer) => {
    if (isForUs(line)) {
      written += 1;
      return into.write(line, endOf(line, form));
    }
    others.push(rowOf(line, form));
    return undefined;
  };
  try {
    await chunk.lines(form.values, take);
  } catch (error) {
    await into.giveUp();
    throw error;
  }
  await into.end();
  return { written, others };
}

// A text is read by the column's own type, as a value of that very type would have been written. Types that somebody has
// made may be others in the other database.
const firstOwnType = 16_384;

async function isSameTypes(tx: pg.PoolClient, chunk: Chunk, { into }: Direction, form: LineForm): Promise<boolean> {
  const { values, columns } = typedPairs(form);
  const found = await chunk.typesOf(values).catch(nothingToCompute);
  const wanted = await typesIn(tx, quotedName(into), columns);
  return found !== undefined && wanted.every((type, nth) => isSame(found[nth], type));
}

function isSame(found: ColumnType | undefined, wanted: ColumnType): boolean {
  const fits = wanted.modifier === -1 || found?.modifier === wanted.modifier;
  return found?.oid === wanted.oid && wanted.oid < firstOwnType && fits;
}

// The source may lack what the conversion is made of.
function nothingToCompute(error: { readonly code?: string }): undefined {
  if (error.code?.startsWith('42')) return undefined;
  throw error;
}

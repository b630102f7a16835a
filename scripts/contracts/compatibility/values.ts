import { isDeepStrictEqual } from 'node:util';
import { type Breach, breach, type Keywords, type Pair } from './pair.ts';

/** The type, and the values where they are listed. */
export function judgeValues(pair: Pair): Breach[] {
  return [...judgeType(pair), ...judgeList(pair)];
}

function judgeType(pair: Pair): Breach[] {
  const outer = typesOf(pair.outer);
  if (!outer || listOf(pair.outer)) return [];
  const inner = typesOf(pair.inner) ?? ['anything'];
  const refused = inner.filter((type) => !outer.includes(type) && !(type === 'integer' && outer.includes('number')));
  if (refused.length === 0) return [];
  return pair.direction === 'accepted'
    ? [breach(pair, 'type-narrowed', 'type', `${refused} was accepted, now only ${outer}`)]
    : [breach(pair, 'type-widened', 'type', `readers expect ${outer}, now it may be ${refused}`)];
}

function judgeList(pair: Pair): Breach[] {
  const outer = listOf(pair.outer);
  if (!outer) return [];
  const inner = listOf(pair.inner);
  const refused = inner?.filter((value) => !outer.some((other) => isDeepStrictEqual(value, other)));
  if (refused?.length === 0) return [];
  const values = refused?.map((value) => JSON.stringify(value)).join(', ') ?? 'any value';
  return pair.direction === 'accepted'
    ? [breach(pair, 'value-removed', 'enum', `no longer accepted: ${values}`)]
    : [breach(pair, 'value-added', 'enum', `unknown to readers: ${values}`)];
}

/** The values that the schema lists, as `enum`, as `const`, or as a union of `const`. */
export function listOf({ enum: list, const: value, anyOf }: Keywords): readonly unknown[] | undefined {
  if (Array.isArray(list)) return list;
  if (value !== undefined) return [value];
  if (!Array.isArray(anyOf) || anyOf.length === 0) return undefined;
  const lists = anyOf.map(listOf);
  return lists.every((part) => part !== undefined) ? lists.flat() : undefined;
}

function typesOf(schema: Keywords): readonly string[] | undefined {
  if (schema.type !== undefined) return [schema.type].flat() as string[];
  const list = listOf(schema);
  return list && [...new Set(list.map(typeOfValue))];
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

import { type Bindings, describe, meet, substitute } from './bindings.ts';
import type { Difference } from './difference.ts';
import {
  isDecimal,
  isList,
  isObject,
  isSameNumber,
  type Json,
  type JsonList,
  type JsonObject,
  writeJson,
} from './json.ts';

/** Compares by value, tells each difference by its JSON path, and binds ids that are seen for the first time. */
export function jsonDifferences(bindings: Bindings, expected: Json, got: Json, path = '$'): Difference[] {
  if (isList(expected) && isList(got)) return listDifferences(bindings, expected, got, path);
  if (isObject(expected) && isObject(got)) return objectDifferences(bindings, expected, got, path);
  if (isSameScalar(bindings, expected, got)) return [];
  return [{ where: `body ${path}`, expected: describe(bindings, writeJson(expected)), got: writeJson(got) }];
}

function isSameScalar(bindings: Bindings, expected: Json, got: Json): boolean {
  if (isDecimal(expected) && isDecimal(got)) return isSameNumber(expected, got);
  if (typeof expected === 'string' && typeof got === 'string') return meet(bindings, expected, got);
  return expected === got;
}

function objectDifferences(bindings: Bindings, expected: JsonObject, got: JsonObject, path: string): Difference[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names].flatMap((name) => memberDifferences(bindings, expected[name], got[name], `${path}.${name}`));
}

function listDifferences(bindings: Bindings, expected: JsonList, got: JsonList, path: string): Difference[] {
  return pairsOf(bindings, expected, got).flatMap((pair) =>
    memberDifferences(bindings, pair.expected, pair.got, `${path}[${pair.place}]`),
  );
}

function memberDifferences(
  bindings: Bindings,
  expected: Json | undefined,
  got: Json | undefined,
  path: string,
): Difference[] {
  if (expected !== undefined && got !== undefined) return jsonDifferences(bindings, expected, got, path);
  const show = (json: Json | undefined) => (json === undefined ? 'nothing' : describe(bindings, writeJson(json)));
  return [{ where: `body ${path}`, expected: show(expected), got: show(got) }];
}

type Pair = { readonly place: string; readonly expected?: Json | undefined; readonly got?: Json | undefined };

/** The contract gives users and tickets no order: they are told apart by what they are. Everything else stays in order. */
function pairsOf(bindings: Bindings, expected: JsonList, got: JsonList): Pair[] {
  const keys = [...expected, ...got].map(unorderedKeys).find((found) => found !== undefined);
  return keys ? pairsByKeys(bindings, expected, got, keys) : pairsInOrder(expected, got);
}

function unorderedKeys(element: Json): readonly string[] | undefined {
  if (!isObject(element)) return undefined;
  if ('SeatNumber' in element) return ['SeatNumber', 'Id'];
  return 'FullName' in element && 'Email' in element ? ['Id', 'Email'] : undefined;
}

/** The first key pairs what it can, the next one what is left. What no key pairs is missing, or too much. */
function pairsByKeys(bindings: Bindings, expected: JsonList, got: JsonList, keys: readonly string[]): Pair[] {
  const left = { expected: [...expected], got: [...got] };
  const pairs = keys.flatMap((key) => takePairs(bindings, left, key));
  const place = (element: Json) => placeOf(bindings, element, keys[0] ?? '') ?? '?';
  const missing = left.expected.map((element) => ({ place: place(element), expected: element }));
  return [...pairs, ...missing, ...left.got.map((element) => ({ place: place(element), got: element }))];
}

function takePairs(bindings: Bindings, left: { expected: Json[]; got: Json[] }, key: string): Pair[] {
  const pairs: Pair[] = [];
  for (const element of [...left.expected]) {
    const place = placeOf(bindings, element, key);
    const found = left.got.find((candidate) => place !== undefined && placeOf(bindings, candidate, key) === place);
    if (place === undefined || found === undefined) continue;
    pairs.push({ place, expected: element, got: found });
    left.expected.splice(left.expected.indexOf(element), 1);
    left.got.splice(left.got.indexOf(found), 1);
  }
  return pairs;
}

function placeOf(bindings: Bindings, element: Json, key: string): string | undefined {
  const members: JsonObject = isObject(element) ? element : {};
  const value = members[key];
  return value === undefined ? undefined : `?${key}=${substitute(bindings, writeJson(value))}`;
}

function pairsInOrder(expected: JsonList, got: JsonList): Pair[] {
  const longer = expected.length > got.length ? expected : got;
  return longer.map((_, at) => ({ place: String(at), expected: expected[at], got: got[at] }));
}

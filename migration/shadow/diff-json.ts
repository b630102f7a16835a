import type { Difference, DifferenceKind } from './difference.ts';
import { type Json, type Member, writeJson } from './json-text.ts';

/** By which member the items of the array at this path (`$.Events`) are to be found; `undefined`: by their place. */
export type KeyOfArray = (path: string) => string | undefined;

/** Where two values at the same place of two answers differ. */
export function* differencesOfJson(
  control: Json,
  candidate: Json,
  at: string,
  keyOfArray: KeyOfArray,
): Generator<Difference> {
  if (control.kind === 'object' && candidate.kind === 'object') {
    yield* ofMembers(control.members, candidate.members, at, keyOfArray);
  } else if (control.kind === 'array' && candidate.kind === 'array') {
    yield* ofItems(control.items, candidate.items, at, keyOfArray);
  } else if (control.kind !== candidate.kind) {
    yield different('type', at, writeJson(control), writeJson(candidate));
  } else {
    const [one, other] = [writeJson(control), writeJson(candidate)];
    if (one !== other) yield different('value', at, one, other);
  }
}

function* ofMembers(
  control: readonly Member[],
  candidate: readonly Member[],
  at: string,
  keyOfArray: KeyOfArray,
): Generator<Difference> {
  const [ones, others] = [byName(control), byName(candidate)];
  const order = [...ones.keys()].filter((name) => others.has(name));
  const otherOrder = [...others.keys()].filter((name) => ones.has(name));
  if (order.join() !== otherOrder.join()) yield different('order', at, order.join(), otherOrder.join());
  yield* ofPairs(ones, others, (name) => at + name, keyOfArray);
}

/** By their step in the path. The second of one name has a step of its own. */
function byName(members: readonly Member[]): Map<string, Json> {
  const found = new Map<string, Json>();
  const times = new Map<string, number>();
  for (const { name, value } of members) {
    const step = /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    const nth = (times.get(step) ?? 0) + 1;
    times.set(step, nth);
    found.set(nth === 1 ? step : `${step}#${nth}`, value);
  }
  return found;
}

function* ofItems(
  control: readonly Json[],
  candidate: readonly Json[],
  at: string,
  keyOfArray: KeyOfArray,
): Generator<Difference> {
  const key = keyOfArray(groupOf(at));
  const [ones, others] = key === undefined ? [] : [byKey(control, key), byKey(candidate, key)];
  if (ones && others) {
    const places = new Map([others, ones].flatMap((items) => [...items.keys()].map((item, place) => [item, place])));
    yield* ofPairs(ones, others, (item) => `${at}[${places.get(item)}]`, keyOfArray);
    return;
  }
  if (control.length !== candidate.length) yield different('length', at, `${control.length}`, `${candidate.length}`);
  for (const [place, item] of control.slice(0, candidate.length).entries()) {
    yield* differencesOfJson(item, candidate[place] as Json, `${at}[${place}]`, keyOfArray);
  }
}

/** `undefined` unless every item has a key of its own. */
function byKey(items: readonly Json[], key: string): Map<string, Json> | undefined {
  const found = new Map<string, Json>();
  for (const item of items) {
    const named = item.kind === 'object' ? item.members.find(({ name }) => name === key) : undefined;
    if (named) found.set(writeJson(named.value), item);
  }
  return found.size === items.length ? found : undefined;
}

function* ofPairs(
  ones: ReadonlyMap<string, Json>,
  others: ReadonlyMap<string, Json>,
  placeOf: (step: string) => string,
  keyOfArray: KeyOfArray,
): Generator<Difference> {
  for (const [step, one] of ones) {
    const other = others.get(step);
    if (other) yield* differencesOfJson(one, other, placeOf(step), keyOfArray);
    else yield different('missing', placeOf(step), writeJson(one), null);
  }
  for (const [step, other] of others) {
    if (!ones.has(step)) yield different('extra', placeOf(step), null, writeJson(other));
  }
}

function different(kind: DifferenceKind, at: string, control: string | null, candidate: string | null): Difference {
  return { path: groupOf(at), at, kind, control, candidate };
}

function groupOf(at: string): string {
  return at.replace(/\[\d+\]/g, '[*]');
}

import { isDeepStrictEqual } from 'node:util';
import { judgeBounds } from './compatibility/bounds.ts';
import { judgeMembers } from './compatibility/members.ts';
import {
  type Breach,
  breach,
  type Direction,
  type Keywords,
  keywordsOf,
  type Pair,
  type Place,
} from './compatibility/pair.ts';
import { judgeValues } from './compatibility/values.ts';
import { areUnions, judgeVariants } from './compatibility/variants.ts';
import type { Schema } from './schema-files.ts';

export type { Breach, Direction } from './compatibility/pair.ts';

/**
 * Every change from `before` to `after` that breaks somebody who was written against `before`. What we accept must
 * still be accepted; what we send must still be what readers expect. Where that cannot be told, it counts as broken.
 */
export function findBreaches(before: Schema, after: Schema, direction: Direction): Breach[] {
  return judge(before, after, { direction, path: '' });
}

/** In which directions the instances of an artefact travel. A message is published and consumed. */
export function directionsOf(name: string): readonly Direction[] {
  if (name.startsWith('http/requests/')) return ['accepted'];
  if (name.startsWith('http/answers/')) return ['sent'];
  return ['accepted', 'sent'];
}

function judge(beforeSchema: unknown, afterSchema: unknown, place: Place): Breach[] {
  const pair = pairOf(keywordsOf(beforeSchema), keywordsOf(afterSchema), place);
  if (isDeepStrictEqual(pair.before, pair.after)) return [];
  if (areUnions(pair)) return judgeVariants(pair, judge);
  return [
    ...judgeValues(pair),
    ...judgeBounds(pair),
    ...judgeMembers(pair, judge),
    ...judgeItems(pair),
    ...judgeParts(pair),
    ...judgeDefault(pair),
    ...judgeOpaque(pair),
  ];
}

/**
 * Both directions are one question: can an instance of `inner` be refused by `outer`? What was sent to us before
 * (`inner`) must fit the schema of now; what we send now (`inner`) must fit the schema that readers had before.
 */
function pairOf(before: Keywords, after: Keywords, { direction, path }: Place): Pair {
  const [inner, outer] = direction === 'accepted' ? [before, after] : [after, before];
  return { before, after, inner, outer, direction, path };
}

function judgeItems(pair: Pair): Breach[] {
  const { before, after, direction, path } = pair;
  const [old, young] = [tupleOf(before), tupleOf(after)];
  const fixed = Array.from({ length: Math.max(old.length, young.length) }, (_, index) =>
    judge(old[index] ?? before.items, young[index] ?? after.items, { direction, path: `${path}/prefixItems/${index}` }),
  );
  return [...fixed.flat(), ...judge(before.items, after.items, { direction, path: `${path}/items` })];
}

function tupleOf({ prefixItems }: Keywords): readonly unknown[] {
  return Array.isArray(prefixItems) ? prefixItems : [];
}

function judgeParts(pair: Pair): Breach[] {
  const [old, young] = [partsOf(pair.before), partsOf(pair.after)];
  if (old.length !== young.length)
    return [breach(pair, 'keyword-changed', 'allOf', 'what this change means cannot be told')];
  return old.flatMap((part, index) =>
    judge(part, young[index], { direction: pair.direction, path: `${pair.path}/allOf/${index}` }),
  );
}

function partsOf({ allOf }: Keywords): readonly unknown[] {
  return Array.isArray(allOf) ? allOf : [];
}

// Who leaves a member out of a request relies on what that means.
function judgeDefault(pair: Pair): Breach[] {
  const { before, after, direction } = pair;
  if (direction === 'sent' || before.default === undefined || isDeepStrictEqual(before.default, after.default))
    return [];
  return [breach(pair, 'default-changed', 'default', 'what a left-out member means has changed')];
}

const judged = new Set([
  ...[
    'anyOf',
    'type',
    'enum',
    'const',
    'pattern',
    'format',
    'contentEncoding',
    'contentMediaType',
    'multipleOf',
    'uniqueItems',
  ],
  ...['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['minProperties', 'maxProperties', 'required', 'properties', 'patternProperties', 'additionalProperties'],
  ...['items', 'prefixItems', 'allOf', 'default'],
]);
const descriptive = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** A keyword that is not understood here may mean anything, so it may not change. */
function judgeOpaque(pair: Pair): Breach[] {
  const keywords = new Set([...Object.keys(pair.before), ...Object.keys(pair.after)]);
  return [...keywords]
    .filter((keyword) => !judged.has(keyword) && !descriptive.has(keyword) && !keyword.startsWith('x-'))
    .filter((keyword) => !isDeepStrictEqual(pair.before[keyword], pair.after[keyword]))
    .map((keyword) => breach(pair, 'keyword-changed', keyword, 'what this change means cannot be told'));
}

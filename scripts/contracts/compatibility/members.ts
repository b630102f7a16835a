import { type Breach, breach, escaped, type Judge, type Keywords, keywordsOf, type Pair } from './pair.ts';

/** The members of an object: which there are, which must be there, and what may be there besides. */
export function judgeMembers(pair: Pair, judge: Judge): Breach[] {
  return [
    ...judgeKnown(pair, judge),
    ...judgeNew(pair, judge),
    ...judgeRequired(pair),
    ...judgePatterns(pair, judge),
    ...judgeOthers(pair, judge),
  ];
}

function judgeKnown(pair: Pair, judge: Judge): Breach[] {
  const { before, after, direction, path } = pair;
  return Object.entries(membersOf(before)).flatMap(([name, old]) => {
    const place = { direction, path: `${path}/properties/${escaped(name)}` };
    const young = membersOf(after)[name];
    if (young !== undefined) return judge(old, young, place);
    return [{ path: place.path, rule: 'member-removed', reason: `${name} is gone` }];
  });
}

// Readers ignore a member they do not know, unless they were told that there is none.
function judgeNew(pair: Pair, judge: Judge): Breach[] {
  const { before, after, direction, path } = pair;
  const others = before.additionalProperties;
  if (direction === 'accepted' || others === undefined) return [];
  const names = Object.keys(membersOf(after)).filter((name) => membersOf(before)[name] === undefined);
  return names.flatMap((name) => {
    const place = { direction, path: `${path}/properties/${escaped(name)}` };
    if (others !== false) return judge(others, membersOf(after)[name], place);
    return [{ path: place.path, rule: 'member-added', reason: 'readers were told that there is no other member' }];
  });
}

function judgeRequired(pair: Pair): Breach[] {
  const inner = requiredOf(pair.inner);
  const missing = requiredOf(pair.outer).filter((name) => !inner.includes(name));
  if (pair.direction === 'accepted') {
    return missing.map((name) => breach(pair, 'member-required', 'required', `${name} may no longer be left out`));
  }
  return missing
    .filter((name) => membersOf(pair.before)[name] === undefined || membersOf(pair.after)[name] !== undefined)
    .map((name) => breach(pair, 'member-optional', 'required', `readers expect ${name} always`));
}

function judgePatterns({ before, after, direction, path }: Pair, judge: Judge): Breach[] {
  const [old, young] = [keywordsOf(before.patternProperties), keywordsOf(after.patternProperties)];
  const patterns = new Set([...Object.keys(old), ...Object.keys(young)]);
  return [...patterns].flatMap((pattern) =>
    judge(old[pattern], young[pattern], { direction, path: `${path}/patternProperties/${escaped(pattern)}` }),
  );
}

function judgeOthers(pair: Pair, judge: Judge): Breach[] {
  const { before, after, inner, outer, direction, path } = pair;
  if (outer.additionalProperties !== false) {
    return judge(before.additionalProperties, after.additionalProperties, {
      direction,
      path: `${path}/additionalProperties`,
    });
  }
  if (inner.additionalProperties === false) return [];
  return direction === 'accepted'
    ? [breach(pair, 'members-refused', 'additionalProperties', 'further members were accepted and are refused')]
    : [breach(pair, 'members-allowed', 'additionalProperties', 'readers were told that there is no other member')];
}

function membersOf({ properties }: Keywords): Keywords {
  return keywordsOf(properties);
}

function requiredOf({ required }: Keywords): readonly string[] {
  return Array.isArray(required) ? required : [];
}

import { type Breach, breach, type Keywords, type Pair } from './pair.ts';

/** What limits a value within its type. */
export function judgeBounds(pair: Pair): Breach[] {
  return [...judgeNumber(pair), ...judgeCounts(pair), ...judgeStep(pair), ...judgeForms(pair)];
}

type Bound = { readonly keyword: string; readonly value: number; readonly excluded: boolean };

function judgeNumber(pair: Pair): Breach[] {
  const sides = [lowest, highest];
  return sides.flatMap((side) => {
    const outer = side(pair.outer);
    return outer && !isWithin(side(pair.inner), outer) ? [crossed(pair, outer.keyword)] : [];
  });
}

// The highest bound is turned round, so that for both a greater value is the tighter bound.
function lowest({ minimum, exclusiveMinimum }: Keywords): Bound | undefined {
  return tightest(bound('minimum', minimum, false), bound('exclusiveMinimum', exclusiveMinimum, true));
}

function highest({ maximum, exclusiveMaximum }: Keywords): Bound | undefined {
  return tightest(
    bound('maximum', negated(maximum), false),
    bound('exclusiveMaximum', negated(exclusiveMaximum), true),
  );
}

function bound(keyword: string, value: unknown, excluded: boolean): Bound | undefined {
  return typeof value === 'number' ? { keyword, value, excluded } : undefined;
}

function tightest(a: Bound | undefined, b: Bound | undefined): Bound | undefined {
  return a && b ? (isWithin(a, b) ? a : b) : (a ?? b);
}

function isWithin(inner: Bound | undefined, outer: Bound): boolean {
  if (!inner) return false;
  return inner.value > outer.value || (inner.value === outer.value && (inner.excluded || !outer.excluded));
}

function negated(value: unknown): unknown {
  return typeof value === 'number' ? -value : value;
}

const counts = ['Length', 'Items', 'Properties'];

function judgeCounts(pair: Pair): Breach[] {
  return counts.flatMap((what) => {
    const [least, most] = [`min${what}`, `max${what}`];
    return [
      ...(count(pair.inner[least], 0) < count(pair.outer[least], 0) ? [crossed(pair, least)] : []),
      ...(count(pair.inner[most], Infinity) > count(pair.outer[most], Infinity) ? [crossed(pair, most)] : []),
    ];
  });
}

function count(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : absent;
}

function judgeStep(pair: Pair): Breach[] {
  const { multipleOf: outer } = pair.outer;
  const { multipleOf: inner } = pair.inner;
  if (typeof outer !== 'number') return [];
  const fits = typeof inner === 'number' && Number.isInteger(Number((inner / outer).toPrecision(12)));
  return fits ? [] : [crossed(pair, 'multipleOf')];
}

const forms = ['pattern', 'format', 'contentEncoding', 'contentMediaType'];

// Whether one pattern allows more than another cannot be told, so any change of a form counts.
function judgeForms(pair: Pair): Breach[] {
  const changed = forms.filter((form) => pair.outer[form] !== undefined && pair.inner[form] !== pair.outer[form]);
  const repeats = pair.outer.uniqueItems === true && pair.inner.uniqueItems !== true;
  return [...changed, ...(repeats ? ['uniqueItems'] : [])].map((keyword) => crossed(pair, keyword));
}

function crossed(pair: Pair, keyword: string): Breach {
  const change = `${JSON.stringify(pair.before[keyword])} became ${JSON.stringify(pair.after[keyword])}`;
  return pair.direction === 'accepted'
    ? breach(pair, 'bound-tightened', keyword, `${change}: what was accepted is refused`)
    : breach(pair, 'bound-loosened', keyword, `${change}: readers do not expect what is sent`);
}

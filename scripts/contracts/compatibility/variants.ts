import { type Breach, type Judge, type Keywords, keywordsOf, type Pair } from './pair.ts';
import { listOf } from './values.ts';

/** Whether one of the two is a union (`anyOf`). Two unions of constants are not: they are lists of values. */
export function areUnions({ inner, outer }: Pair): boolean {
  if (inner.anyOf === undefined && outer.anyOf === undefined) return false;
  return !(listOf(inner) && listOf(outer));
}

/** Every variant of `inner`, with what stands beside the union, must fit one of `outer`. */
export function judgeVariants(pair: Pair, judge: Judge): Breach[] {
  return variantsOf(pair.inner).flatMap((variant, index) => judgeVariant(pair, variant, index, judge));
}

function judgeVariant(pair: Pair, variant: Keywords, index: number, judge: Judge): Breach[] {
  const place = { direction: pair.direction, path: `${pair.path}/anyOf/${index}` };
  const outer = variantsOf(pair.outer);
  const breaches = outer.map((other) =>
    pair.direction === 'accepted' ? judge(variant, other, place) : judge(other, variant, place),
  );
  if (breaches.some((found) => found.length === 0)) return [];
  // As many variants as before: this one was changed, and what changed in it says more than that it is gone.
  if (outer.length === variantsOf(pair.inner).length) return breaches[index] ?? [];
  return pair.direction === 'accepted'
    ? [{ path: place.path, rule: 'variant-removed', reason: 'a variant that was accepted is refused' }]
    : [{ path: place.path, rule: 'variant-added', reason: 'readers do not know this variant' }];
}

function variantsOf({ anyOf, ...rest }: Keywords): Keywords[] {
  return Array.isArray(anyOf) ? anyOf.map((variant) => ({ ...rest, ...keywordsOf(variant) })) : [rest];
}

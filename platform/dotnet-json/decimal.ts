const largestCoefficient = 2n ** 96n - 1n;
const maxScale = 28;
// More digits than any decimal holds, with the last one standing for all that follow.
const keptDigits = 40;
const notation = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** A .NET decimal: coefficient / 10^scale, the coefficient within 96 bits, the scale 0–28. */
export type Decimal = { readonly coefficient: bigint; readonly scale: number };

/**
 * Reads a number as .NET's Utf8Parser does: digits beyond what a decimal holds are rounded half to even, a value
 * beyond its range is `undefined`. Takes JSON numbers, and what .NET also takes in strings: `+5`, `.5`, `5.`, `025`.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = notation.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return { coefficient: 0n, scale: 0 };
  const scale = fraction.length - Number(exponent);
  if (digits.length - scale > 29) return undefined;
  const value = fit(digits, scale);
  return value && sign === '-' ? { ...value, coefficient: -value.coefficient } : value;
}

export function isNegative(value: Decimal): boolean {
  return value.coefficient < 0n;
}

/** Hundredths, rounded half away from zero. */
export function toHundredths({ coefficient, scale }: Decimal): bigint {
  if (scale <= 2) return coefficient * 10n ** BigInt(2 - scale);
  const unit = 10n ** BigInt(scale - 2);
  const half = coefficient < 0n ? -(unit / 2n) : unit / 2n;
  return (coefficient + half) / unit;
}

/** Hundredths as a decimal with two places: 2550 is `25.50`. */
export function formatHundredths(value: number | bigint): string {
  const digits = String(value).replace('-', '').padStart(3, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function fit(digits: string, scale: number): Decimal | undefined {
  if (scale <= 0) return within(BigInt(digits) * 10n ** BigInt(-scale), 0);
  const [kept, keptScale] = shorten(digits, scale);
  for (let target = Math.min(keptScale, maxScale); target >= 0; target--) {
    const value = within(roundHalfEven(BigInt(kept), keptScale - target), target);
    if (value) return value;
  }
  return undefined;
}

// A million digits must not cost a million digits' arithmetic: any digit but 0 cut off only says "a bit more".
function shorten(digits: string, scale: number): [digits: string, scale: number] {
  const cut = digits.length - keptDigits;
  if (cut <= 0) return [digits, scale];
  const sticky = /[1-9]/.test(digits.slice(keptDigits)) ? '1' : '0';
  return [digits.slice(0, keptDigits) + sticky, scale - cut + 1];
}

function roundHalfEven(coefficient: bigint, places: number): bigint {
  if (places <= 0) return coefficient;
  // So far right of the last place that nothing but zero is left of it.
  if (places > keptDigits + 2) return 0n;
  const unit = 10n ** BigInt(places);
  const floor = coefficient / unit;
  const twice = (coefficient % unit) * 2n;
  return twice > unit || (twice === unit && floor % 2n === 1n) ? floor + 1n : floor;
}

function within(coefficient: bigint, scale: number): Decimal | undefined {
  return coefficient <= largestCoefficient ? { coefficient, scale } : undefined;
}

import { parseDecimal } from '@ticketbuddy/dotnet-json';

/** A .NET decimal in its own scale: `25.50` stays `25.50`, `1.50e1` is `15.0`. `undefined` when no decimal holds it. */
export function decimalText(given: string): string | undefined {
  const value = parseDecimal(given);
  if (!value) return undefined;
  const digits = String(value.coefficient).replace('-', '');
  const scale = value.coefficient === 0n ? scaleOfZero(given) : value.scale;
  const padded = digits.padStart(scale + 1, '0');
  const sign = value.coefficient < 0n ? '-' : '';
  return scale === 0 ? `${sign}${padded}` : `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/**
 * The number of an enum's member: by its name in any case, blanks around it ignored, by names in a list (their bits
 * together), or by any number of 32 bits, whether it is defined or not. `undefined` when it is none of these.
 */
export function enumNumber(given: string, names: readonly string[]): number | undefined {
  if (/^\s*[+-]?\d+\s*$/.test(given)) return asInt32(Number(given));
  const numbers = given.split(',').map((name) => names.findIndex((one) => one.toLowerCase() === fold(name)));
  return numbers.includes(-1) ? undefined : numbers.reduce((all, one) => all | one, 0);
}

function scaleOfZero(given: string): number {
  const [, fraction = '', exponent = '0'] = /^[+-]?\d*\.?(\d*)(?:[eE](.+))?$/.exec(given) ?? [];
  return Math.min(Math.max(fraction.length - Number(exponent), 0), 28);
}

function asInt32(value: number): number | undefined {
  return (value | 0) === value ? value : undefined;
}

// Only A–Z have two cases to .NET here: the Kelvin sign is no k.
function fold(name: string): string {
  return name.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

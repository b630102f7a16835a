import { isUtf8 } from 'node:buffer';
import { unreadable } from '@ticketbuddy/errors';

const maxDepth = 64;
// Longer numbers, or such with a large exponent, may be more than a JavaScript number holds.
const perhapsInexact = /\d[\d.]{15}|\d[eE]\+?\d{3}/;
const stringOrComment = /("(?:[^"\\]|\\.?)*(?:"|$))|\/\*.*?(?:\*\/|$)|\/\/[^\n\r]*/gs;
const stringOrLastComma = /("(?:[^"\\]|\\.?)*(?:"|$))|,(?=\s*[}\]])/gs;

/**
 * Reads JSON as MassTransit does: comments and a last comma are passed over, 64 levels are read, half a character (a
 * lone surrogate) is refused. A number that JavaScript would round becomes the string of its digits, which is how
 * decimals travel anyway. Throws a `Refusal` of the kind `unreadable`.
 */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw unreadable('$', 'The body is not UTF-8.');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') throw unreadable('$', 'The body is empty.');
  const value = parseLeniently(text);
  const flaw = flawOf(value, maxDepth);
  if (flaw !== undefined) throw unreadable('$', flaw);
  return value;
}

function parseLeniently(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    return parseAsCode(text) ?? notJson(error);
  }
}

function parse(text: string): unknown {
  return perhapsInexact.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_name: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  if (typeof value !== 'number') return value;
  const [mantissa = ''] = source.split(/[eE]/, 1);
  const exact = Number.isFinite(value) && (mantissa.replace(/\D/g, '').length <= 15 || String(value) === source);
  return exact ? value : source;
}

function parseAsCode(text: string): unknown {
  const bare = text.replace(stringOrComment, '$1').replace(stringOrLastComma, '$1');
  try {
    return bare === text ? undefined : parse(bare);
  } catch {
    // What was wrong with the text as it came says more.
    return undefined;
  }
}

function notJson(error: unknown): never {
  throw unreadable('$', `The body is not JSON: ${error instanceof Error ? error.message : error}`);
}

function flawOf(value: unknown, levels: number): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'A text holds half a character.';
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return `The body is nested deeper than ${maxDepth}.`;
  for (const [name, inner] of Object.entries(value)) {
    const flaw = flawOf(name, levels) ?? flawOf(inner, levels - 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

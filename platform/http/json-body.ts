import { unreadable } from '@ticketbuddy/errors';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const depthMax = 8;
const membersMax = 1_001;

/**
 * A reader of bodies that must be JSON of this schema. It names a member that is not, as a JSON path. Schemas have at most
 * 8 levels, and lists of at most 1000 items.
 */
export function jsonBody<T extends TSchema>(schema: T): (body: Buffer) => Static<T> {
  const compiled = Compile(schema);
  return (body) => {
    const value = parse(body);
    if (compiled.Check(value)) return value as Static<T>;
    const [first] = compiled.Errors(trimmed(value));
    throw unreadable(pathOf(first?.instancePath), `The value ${first?.message ?? 'is not what is expected'}.`);
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw unreadable('$', 'The body is not JSON.');
  }
}

// To look for what is wrong takes minutes in a list of half a million items, and more stack than there is in one of ten
// thousand levels: what goes beyond every schema is left out.
function trimmed(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === depthMax) return null;
  if (Array.isArray(value)) return value.slice(0, membersMax).map((item) => trimmed(item, depth + 1));
  const members = Object.entries(value).slice(0, membersMax);
  return Object.fromEntries(members.map(([name, member]) => [name, trimmed(member, depth + 1)]));
}

// From a JSON pointer (`/seats/0`) to a JSON path (`$.seats[0]`).
function pathOf(pointer = ''): string {
  return `$${pointer.replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.')}`;
}

import { unreadable } from '@ticketbuddy/errors';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** A reader of bodies that must be JSON of this schema. It names the first member that is not, as a JSON path. */
export function jsonBody<T extends TSchema>(schema: T): (body: Buffer) => Static<T> {
  const compiled = Compile(schema);
  return (body) => {
    const value = parse(body);
    if (compiled.Check(value)) return value as Static<T>;
    const [first] = compiled.Errors(value);
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

// From a JSON pointer (`/seats/0`) to a JSON path (`$.seats[0]`).
function pathOf(pointer = ''): string {
  return `$${pointer.replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.')}`;
}

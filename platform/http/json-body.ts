import { type Refusal, unreadable } from '@ticketbuddy/errors';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const depthMax = 8;
const membersMax = 1_001;

/**
 * A reader of bodies that must be JSON of this schema. It names a member that is not, as a JSON path; a schema that counts
 * its members says in its description which of them are wanted together. Schemas have at most 8 levels, and lists of at most
 * 1000 items; lists of members that may not repeat are of numbers or texts.
 */
export function jsonBody<T extends TSchema>(schema: T): (body: Buffer) => Static<T> {
  const [compiled, loose] = [Compile(schema), Compile(withRepeats(schema))];
  const sets = membersOf(schema).flatMap(([name, { uniqueItems }]) => (uniqueItems ? name : []));
  return (body) => {
    const value = parse(body);
    if (loose.Check(value) && sets.every((name) => isSet((value as Members)[name]))) return value as Static<T>;
    throw wrong(compiled.Errors(trimmed(value)), schema);
  };
}

type Wrong = { readonly keyword: string; readonly instancePath: string; readonly message: string };

// That there are "2 properties" says least of all: it comes last, and in the schema's own words.
function wrong(errors: readonly Wrong[], schema: TSchema): Refusal {
  const first = errors.find(({ keyword }) => !counting.has(keyword)) ?? errors[0];
  const { description } = schema as { readonly description?: string };
  const said = first && counting.has(first.keyword) && first.instancePath === '' ? description : undefined;
  return unreadable(pathOf(first?.instancePath), said ?? sentenceOf(first));
}

// Of a member that the schema does not have, the library says that its "schema is false".
function sentenceOf(first: Wrong | undefined): string {
  if (first?.keyword === 'boolean') return 'There is no member of this name.';
  return `The value ${first?.message ?? 'is not what is expected'}.`;
}

const counting = new Set(['minProperties', 'maxProperties']);

type Members = Readonly<Record<string, unknown>>;
type Member = TSchema & { readonly uniqueItems?: boolean };

function membersOf(schema: TSchema): [string, Member][] {
  return Object.entries((schema as { readonly properties?: Record<string, Member> }).properties ?? {});
}

// The library makes a digest of each item of a list that has no item twice, which costs more than all else.
function withRepeats(schema: TSchema): TSchema {
  const properties = membersOf(schema).map(([name, { uniqueItems: _, ...member }]) => [name, member]);
  return properties.length === 0 ? schema : { ...schema, properties: Object.fromEntries(properties) };
}

function isSet(items: unknown): boolean {
  return !Array.isArray(items) || new Set(items).size === items.length;
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

// From a JSON pointer (`/seats/0`) to a JSON path (`$.seats[0]`); a pointer writes `/` in a name as `~1`, and `~` as `~0`.
function pathOf(pointer = ''): string {
  const path = pointer.replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.');
  return `$${path.replaceAll('~1', '/').replaceAll('~0', '~')}`;
}

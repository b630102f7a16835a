/** What is needed of a TypeBox (or JSON Schema) object to read a body by it. */
export type BodySchema = { readonly properties: Readonly<Record<string, { readonly type?: unknown }>> };

/**
 * A message's body in the form that our schemas describe: the schema's members only, whatever the case of their names
 * (of two the last one counts, as in .NET), and a JSON number where the schema has text – a decimal – as its digits.
 * Nothing is judged here: what is missing stays missing, and a body that is no object stays what it is.
 */
export function readMembers(body: unknown, { properties }: BodySchema): unknown {
  if (!isObject(body)) return body;
  const given = foldNames(body);
  const members = Object.entries(properties).flatMap(([name, { type }]) => {
    const value = given.get(name.toLowerCase());
    return value === undefined ? [] : [[name, type === 'string' ? digitsOf(value) : value] as const];
  });
  return Object.fromEntries(members);
}

/** The members by their names in lower case; of two that differ in case only, the last. */
export function foldNames(object: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function digitsOf(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

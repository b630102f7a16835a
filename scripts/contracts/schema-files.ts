/** A JSON Schema as it is written to a file. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

export const schemaFolder = 'contracts/schemas';

/** The file name and text of each artefact, as `npm run contracts` writes them. Throws on a name without a direction. */
export function schemaFiles(artefacts: Readonly<Record<string, object>>): Map<string, string> {
  return new Map(
    Object.entries(artefacts)
      .map(([name, schema]): [string, string] => [fileOf(name), textOf(name, schema)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const named = /^(messages|http\/(requests|answers))(\/[a-z0-9]+(-[a-z0-9]+)*)+$/;

function fileOf(name: string): string {
  if (!named.test(name))
    throw new Error(`${name}: call it messages/…, http/requests/… or http/answers/…, in kebab-case`);
  return `${schemaFolder}/${name}.json`;
}

function textOf(name: string, schema: object): string {
  // Through JSON: what TypeBox notes on a schema for itself is not enumerable.
  const plain = JSON.parse(JSON.stringify(schema));
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:ticketbuddy:${name}`,
    title: plain.title ?? titleOf(name),
  };
  return `${JSON.stringify(ordered({ ...plain, ...head }), undefined, 2)}\n`;
}

function titleOf(name: string): string {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

const first = [
  '$schema',
  '$id',
  'title',
  'description',
  'type',
  'format',
  'pattern',
  'enum',
  'const',
  'required',
  'properties',
];
const byName = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas']);

/** Keywords in one fixed order, whatever order the library notes them in; members of an object as they were declared. */
function ordered(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(ordered);
  if (typeof schema !== 'object' || schema === null) return schema;
  const keywords = Object.entries(schema).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(
    keywords.map(([keyword, value]) => [keyword, byName.has(keyword) ? orderedEach(value) : ordered(value)]),
  );
}

function orderedEach(schemas: object): object {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, ordered(schema)]));
}

function rank(keyword: string): number {
  const index = first.indexOf(keyword);
  return index < 0 ? first.length : index;
}

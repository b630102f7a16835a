const scalar = /(?<=: |^ +)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)(?=,?$)/gm;
const ourHeaders = /"headers": \{\n {4}"TicketBuddy-Key": .*(?:\n {4}"TicketBuddy-Version": .*)?\n {2}\}/;

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^-?\d/, '‹number›'],
  [/^"urn:message:/, ''],
  [/^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/, '‹id›'],
  [/^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z"$/, '‹time in UTC›'],
  [/^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?[+-]\d\d:\d\d"$/, '‹time›'],
  [/^"\d+(\.\d+)?"$/, '‹decimal›'],
  [/^"rabbitmq:\/\/[^/]+\/.*"$/, '‹address›'],
];

/**
 * The text of an indented JSON body with each value replaced by its kind: two bodies of one shape have the same
 * members in the same order, the same nulls, types, message types, indentation and line ends.
 */
export function shapeOf(body: string): string {
  return body.replace(scalar, kindOf);
}

/** The body as it would be without our headers, the one deliberate difference. */
export function withoutOurHeaders(body: string): string {
  return body.replace(ourHeaders, '"headers": {}');
}

function kindOf(value: string): string {
  const kind = kinds.find(([pattern]) => pattern.test(value))?.[1];
  return kind === '' ? value : (kind ?? '‹text›');
}

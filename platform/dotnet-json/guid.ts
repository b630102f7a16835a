const hyphenated = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const bare = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i;

/** A GUID in a body: hyphenated, any case. Lower case comes out. */
export function parseBodyGuid(text: string): string | undefined {
  return hyphenated.test(text) ? text.toLowerCase() : undefined;
}

/** A GUID in a path: hyphenated, bare, or hyphenated in braces; any case. Lower case, hyphenated comes out. */
export function parsePathGuid(text: string): string | undefined {
  const inner = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  if (hyphenated.test(inner)) return inner.toLowerCase();
  return bare.test(text) ? text.toLowerCase().replace(bare, '$1-$2-$3-$4-$5') : undefined;
}

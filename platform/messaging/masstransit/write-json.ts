// What System.Text.Json escapes with UnsafeRelaxedJsonEscaping: controls, blanks but the space, the byte order mark,
// what is private or undefined, and everything beyond the first 65,536 characters.
const escapedThere = /\\(?:u[0-9a-f]{4}|.)|[^ \n\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cf}]|\u{FEFF}|[\u{10000}-\u{10FFFF}]/gu;
const plainAscii = /^[\n\x20-\x7e]*$/;

/**
 * JSON as MassTransit writes it, byte for byte: indented by two blanks, `\n`, escaped as `JavaScriptEncoder.
 * UnsafeRelaxedJsonEscaping` does; half a character (a lone surrogate) becomes U+FFFD.
 */
export function writeJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  if (plainAscii.test(json) && !json.includes('\\u')) return json;
  return json.replace(escapedThere, asThere);
}

function asThere(found: string): string {
  if (!found.startsWith('\\')) return found.split('').map(escapeUnit).join('');
  if (!found.startsWith('\\u')) return found;
  const code = found.slice(2).toUpperCase();
  return /^D[89A-F]/.test(code) ? '\\uFFFD' : `\\u${code}`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

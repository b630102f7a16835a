// What UnsafeRelaxedJsonEscaping escapes: controls, blanks but the space, the byte order mark, what is private or
// undefined, and everything beyond the first 65,536 characters.
const escapedThere = /\\(?:u[0-9a-f]{4}|.)|[^ \n\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cf}]|\u{FEFF}|[\u{10000}-\u{10FFFF}]/gu;

/** JSON as the legacy writes it, in answers (on one line) and in messages (indented by two blanks). */
export function writeJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(escapedThere, asThere);
}

function asThere(found: string): string {
  if (/^\\u/.test(found)) return `\\u${found.slice(2).toUpperCase()}`;
  if (found.startsWith('\\')) return found;
  return found
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
    .join('');
}

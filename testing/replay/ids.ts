/**
 * An id wherever it stands in a text: any case, with hyphens, without, or with escaped ones. What stands before it may be
 * a percent escape (`%7B`, `%2F`), whose last character would otherwise look like a part of the id.
 */
const ID =
  /(?<=^|%[0-9a-f]{2}|[^0-9a-z])([0-9a-f]{8})(-|%2d|)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})(?![0-9a-z])/gi;

export const NIL_ID = '00000000-0000-0000-0000-000000000000';

/** The pattern of an id as the contract has every server write it. */
export const WRITTEN_ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** Every id in the text, as the contract writes ids: lower case, with hyphens. */
export function idsIn(text: string): string[] {
  return [...text.matchAll(ID)].map(([, a, , b, c, d, e]) => `${a}-${b}-${c}-${d}-${e}`.toLowerCase());
}

/** Only the ids already written with hyphens: an answer's trace id is 32 digits too, and no id. */
export function hyphenatedIdsIn(text: string): string[] {
  return text.match(new RegExp(`\\b${WRITTEN_ID}\\b`, 'gi'))?.map((id) => id.toLowerCase()) ?? [];
}

/** Puts another id in the place of each, in the form that the place had: its case and its separators. */
export function replaceIds(text: string, other: (id: string) => string | undefined): string {
  return text.replace(ID, (form: string, ...parts: string[]) => {
    const separator = parts[1] ?? '';
    const id = other(idsIn(form)[0] ?? form);
    return id === undefined ? form : inCaseOf(form, id.split('-').join(separator));
  });
}

function inCaseOf(form: string, id: string): string {
  if (form === form.toLowerCase()) return id;
  if (form === form.toUpperCase()) return id.toUpperCase();
  return [...id].map((char, at) => (/[A-Z]/.test(form[at] ?? '') ? char.toUpperCase() : char)).join('');
}

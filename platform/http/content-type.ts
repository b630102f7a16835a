// application/json, text/json or application/*+json; a charset, when given, must be UTF-8.
const json = /^\s*(?:application\/json|text\/json|application\/[\w!#$%&'*+.^`|~-]+\+json)\s*(?:;|$)/i;
const charset = /;\s*charset\s*=\s*"?([^\s";]*)"?/i;

export function isJsonInUtf8(contentType: string | undefined): boolean {
  if (contentType === undefined || !json.test(contentType)) return false;
  return (charset.exec(contentType)?.[1] ?? 'utf-8').toLowerCase() === 'utf-8';
}

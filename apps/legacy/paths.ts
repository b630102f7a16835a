import { parsePathGuid } from '@ticketbuddy/dotnet-json';
import type { Route } from './routes.ts';

/** A path as the legacy's server sees it: its parts, or the status that it answers at once. */
export type Path = { readonly parts: readonly string[] } | { readonly status: 400 | 404 | 414 };

const pathLengthMax = 8_192;

/** `/Events/%61/../x/` has the parts `Events` and `x`; a `/` that is encoded ends no part. */
export function readPath(url: string): Path {
  const [path = ''] = url.split('?', 1);
  if (path.length > pathLengthMax) return { status: 414 };
  if (!path.startsWith('/')) return { status: 404 };
  if (/%00/.test(path)) return { status: 400 };
  const parts = withoutDots(path.slice(1).split('/').map(decode));
  // One slash at the end is the same path, an empty part elsewhere is another one.
  return { parts: parts.at(-1) === '' ? parts.slice(0, -1) : parts };
}

export type Match = { readonly route: Route; readonly ids: readonly string[] };

/** The route of the path, in any case; an id that is none leads nowhere. */
export function matchRoute(routes: readonly Route[], parts: readonly string[]): Match | undefined {
  for (const route of routes) {
    const wanted = route.path.split('/');
    if (wanted.length !== parts.length) continue;
    const found = wanted.map((one, at) => matchPart(one, parts[at] ?? ''));
    if (found.every((one) => one !== undefined)) return { route, ids: found.filter((one) => one !== '') };
  }
  return undefined;
}

function matchPart(wanted: string, part: string): string | undefined {
  if (wanted === ':id') return parsePathGuid(part);
  return part.toLowerCase() === wanted ? '' : undefined;
}

function withoutDots(parts: readonly string[]): string[] {
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '..') kept.pop();
    else if (part !== '.') kept.push(part);
  }
  return kept;
}

function decode(part: string): string {
  return part.replace(/%(?!2f)[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/** What a path belongs to: the seats of an event are of another unit than the event. */
export type UnitName = 'events' | 'users' | 'tickets';

export const unitNames: readonly UnitName[] = ['events', 'users', 'tickets'];

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

// Of what is between slashes; the end of a path is its query's beginning.
const firstAndThird = /^\/*(events|users)(?![^/?])(?:\/+[^/?]+\/+(tickets)(?![^/?]))?/i;

/** `undefined`: of no unit that moves; whoever answered it before goes on doing so. */
export function unitOf(path: string): UnitName | undefined {
  const [, first, third] = firstAndThird.exec(path) ?? [];
  if (first === undefined) return undefined;
  if (first.length === 'users'.length) return 'users';
  return third === undefined ? 'events' : 'tickets';
}

export function isWrite(method: string): boolean {
  return !reading.has(method.toUpperCase());
}

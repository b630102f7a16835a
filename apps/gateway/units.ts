/** What a path belongs to: the seats of an event are of another unit than the event. */
export type UnitName = 'events' | 'users' | 'tickets';

export const unitNames: readonly UnitName[] = ['events', 'users', 'tickets'];

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `undefined`: of no unit that moves; whoever answered it before goes on doing so. */
export function unitOf(path: string): UnitName | undefined {
  const [first, , third] = path.split('?', 1)[0]?.toLowerCase().split('/').filter(Boolean) ?? [];
  if (first === 'users') return 'users';
  if (first === 'events') return third === 'tickets' ? 'tickets' : 'events';
  return undefined;
}

export function isWrite(method: string): boolean {
  return !reading.has(method.toUpperCase());
}

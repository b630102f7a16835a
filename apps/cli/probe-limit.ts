import { StartError } from '@ticketbuddy/errors';

/** How slow a query at the legacy may be before the copy gives way, in ms; `off` for no limit. Throws a `StartError`. */
export function probeLimit(typed: string): number | 'off' {
  if (typed === 'off') return typed;
  const ms = Number(typed);
  if (!(ms > 0 && Number.isFinite(ms))) throw new StartError(`"${typed}" is neither a number of ms above 0 nor off.`);
  return ms;
}

export function limitText(limit: number | 'off'): string {
  return limit === 'off' ? 'The copy gives way to nothing.' : `The copy gives way beyond ${limit} ms.`;
}

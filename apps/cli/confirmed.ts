import { StartError } from '@ticketbuddy/errors';
import type { Context } from './context.ts';

/** Throws a `StartError` unless the person types the name of the unit, or has done so with `--confirm`. */
export async function confirmed({ terminal }: Context, unit: string, confirm: string | undefined): Promise<void> {
  const typed = confirm ?? (await terminal.askFor(`Type the name of the unit to go on:`));
  if (typed === undefined) throw new StartError(`Nobody is here to ask: say --confirm ${unit}.`);
  if (typed.trim() !== unit) throw new StartError(`"${typed.trim()}" is not "${unit}": nothing was done.`);
}

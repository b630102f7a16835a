import { StartError } from '@ticketbuddy/errors';
import type { ParkedMessage } from '@ticketbuddy/messaging';

/** Messages by the queue in which they are parked. */
export type Choice = ReadonlyMap<string, readonly ParkedMessage[]>;

/**
 * Those of `parked` that these ids mean, each id whole or as long as it takes to tell it from the others. Throws a
 * `StartError` when one means none of them, or more than one.
 */
export function choose(parked: readonly ParkedMessage[], ids: readonly string[]): readonly ParkedMessage[] {
  return [...new Set(ids.flatMap((id) => meantBy(parked, id)))];
}

// One message may be parked twice in a queue: its sender died just after it had sent it.
function meantBy(parked: readonly ParkedMessage[], given: string): readonly ParkedMessage[] {
  const found = parked.filter(({ id }) => given !== '' && id.toLowerCase().startsWith(given.toLowerCase()));
  const [ids, queues] = [found.map(({ id }) => id), found.map(({ queue }) => queue)].map((all) => [...new Set(all)]);
  if (!ids || !queues || found.length === 0)
    throw new StartError(`No message "${given}" is parked; ticketbuddy messages parked shows those that are.`);
  if (ids.length > 1) throw new StartError(`"${given}" could be ${ids.join(' or ')}: give more of the id.`);
  if (queues.length > 1)
    throw new StartError(`The message "${given}" is parked in ${queues.join(' and ')}: say which with --queue.`);
  return found;
}

import { StartError } from '@ticketbuddy/errors';

const names = ['events'] as const;

/** What can be moved. */
export type UnitName = (typeof names)[number];

export function unitOf(given: string): UnitName {
  const name = names.find((one) => one === given);
  if (!name) throw new StartError(`${given} cannot be moved; what can be: ${names.join(', ')}.`);
  return name;
}

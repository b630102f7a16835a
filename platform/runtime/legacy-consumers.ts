import type { Consumer } from '@ticketbuddy/messaging';
import type { Deps, Module } from './module.ts';

/** By what the setting calls a queue: how it is taken from. */
export type LegacyQueues = Readonly<Record<string, 'alone' | 'competing'>>;

/** The consumers of the modules for the legacy's queues; only for those that are named. */
export function legacyConsumers(modules: readonly Module[], named: LegacyQueues, deps: Deps<never>): Consumer[] {
  const known = modules.flatMap((module) => Object.entries(module.legacyConsumers));
  return known.flatMap(([name, make]) => {
    const mode = named[name];
    if (mode === undefined) return [];
    const { raw, ...consumer } = make(deps);
    return [{ ...consumer, legacy: { mode, raw } }];
  });
}

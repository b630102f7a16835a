import { eventSoldOutUrn } from '@ticketbuddy/contracts';
import type { LegacyConsumer } from '@ticketbuddy/messaging';
import type { Deps } from '@ticketbuddy/runtime';
import { soldOutHandler } from './consumers.ts';
import type { DB } from './tables.gen.ts';

/** The queue of the legacy's later edition that events can serve. */
export const legacyConsumers = {
  'event-sold-out': (deps: Deps<DB>): LegacyConsumer => ({
    name: 'event-sold-out',
    urns: [eventSoldOutUrn],
    handle: soldOutHandler(deps),
  }),
};

import { eventUpsertedUrn, seatsToReleaseUrn, userUpsertedUrn } from '@ticketbuddy/contracts';
import type { LegacyConsumer } from '@ticketbuddy/messaging';
import type { Deps } from '@ticketbuddy/runtime';
import { eventHandler, userHandler } from './consumers.ts';
import type { DB } from './tables.gen.ts';

/** The legacy's own queues that tickets can serve. A message that also comes by a queue of ours has the same id. */
export const legacyConsumers = {
  event: (deps: Deps<DB>): LegacyConsumer => {
    const apply = eventHandler(deps);
    return {
      name: 'event',
      urns: [eventUpsertedUrn, seatsToReleaseUrn],
      // The legacy tells itself in a second message to make the seats; here they came with the first.
      handle: async (message) => (message.urn === seatsToReleaseUrn ? undefined : apply(message)),
    };
  },
  user: (deps: Deps<DB>): LegacyConsumer => ({ name: 'user', urns: [userUpsertedUrn], handle: userHandler(deps) }),
};

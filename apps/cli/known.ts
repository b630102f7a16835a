/** What settings may name: modules, and the queues of the legacy that they can take over. It is said here without loading them. */
export const known = {
  modules: ['events', 'users', 'tickets'],
  legacyQueues: ['event', 'user', 'event-sold-out', 'registration'],
};

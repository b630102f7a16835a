// An entry of its own: whoever only wants the names of the types does not load what describes them.
export const eventUpsertedUrn = 'urn:message:Integration.Events.Messaging:EventUpserted';

/** What the legacy tells itself when it has taken over an event; we do not publish it. */
export const seatsToReleaseUrn = 'urn:message:Domain.Tickets.Messages:EventUpserted';

export const eventSoldOutUrn = 'urn:message:Integration.Tickets.Messaging.Messages:EventSoldOut';
export const userUpsertedUrn = 'urn:message:Integration.Users.Messaging.Messages:UserUpserted';

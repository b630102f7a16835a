export { artefacts } from './artefacts.ts';
export { Event, EventId, EventList, Ticket, TicketList, User, UserId, UserList } from './http/answers.ts';
export { Failure, Problem } from './http/failures.ts';
export { AnnounceEvent, ChangeEvent, ChangeUser, RegisterUser, TicketSelection } from './http/requests.ts';
export { EventUpserted, eventUpsertedUrn } from './messages/event-upserted.ts';
export { UserUpserted, userUpsertedUrn } from './messages/user-upserted.ts';
export { type RefusalCode, refusalTexts } from './refusals.ts';
export { type UserType, userTypes } from './user-types.ts';
export { type Venue, venues } from './venues.ts';

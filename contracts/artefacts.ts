import type { TSchema } from 'typebox';
import { Event, EventId, EventList, Ticket, TicketList, User, UserId, UserList } from './http/answers.ts';
import { Failure, Problem } from './http/failures.ts';
import { AnnounceEvent, ChangeEvent, ChangeUser, RegisterUser, TicketSelection } from './http/requests.ts';
import { BuySeats, Conflict, Hold, HoldBest, HoldSeats, Order, SeatPolicy, TicketKeys } from './http/v2.ts';
import { SeatChanges, SeatMap } from './http/v2-house.ts';
import { EventSoldOut } from './messages/event-sold-out.ts';
import { EventUpserted } from './messages/event-upserted.ts';
import { UserRegistered } from './messages/user-registered.ts';
import { UserUpserted } from './messages/user-upserted.ts';

/** Every schema that is written to `schemas/`; the first part of a name says in which direction it travels. */
export const artefacts: Readonly<Record<string, TSchema>> = {
  'http/requests/announce-event': AnnounceEvent,
  'http/requests/change-event': ChangeEvent,
  'http/requests/change-user': ChangeUser,
  'http/requests/register-user': RegisterUser,
  'http/requests/ticket-selection': TicketSelection,
  'http/requests/v2-buy-seats': BuySeats,
  'http/requests/v2-hold-best': HoldBest,
  'http/requests/v2-hold-seats': HoldSeats,
  'http/requests/v2-seat-policy': SeatPolicy,
  'http/answers/event': Event,
  'http/answers/event-id': EventId,
  'http/answers/event-list': EventList,
  'http/answers/failure': Failure,
  'http/answers/problem': Problem,
  'http/answers/ticket': Ticket,
  'http/answers/ticket-list': TicketList,
  'http/answers/user': User,
  'http/answers/user-id': UserId,
  'http/answers/user-list': UserList,
  'http/answers/v2-conflict': Conflict,
  'http/answers/v2-hold': Hold,
  'http/answers/v2-order': Order,
  'http/answers/v2-seat-changes': SeatChanges,
  'http/answers/v2-seat-map': SeatMap,
  'http/answers/v2-ticket-keys': TicketKeys,
  'messages/event-sold-out': EventSoldOut,
  'messages/event-upserted': EventUpserted,
  'messages/user-registered': UserRegistered,
  'messages/user-upserted': UserUpserted,
};

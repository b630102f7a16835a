import { Draft } from './draft.ts';
import { House } from './house.ts';
import type { Change, Request } from './request.ts';
import { aSeat, at } from './test-builders.ts';

type Wishes = Parameters<typeof aSeat>[0];

/** The show with its ten seats, open but for those that are wished for, by their numbers. */
export function aShow(wishes: Readonly<Record<number, Wishes>> = {}): Draft {
  const seats = Array.from({ length: 10 }, (_, index) => aSeat({ number: index + 1, ...wishes[index + 1] }));
  return new Draft(new House({ eventId: 'show', version: 1, venue: 0, leaveNoSingle: false }, seats));
}

/** What is asked for comes true at the show at that time of day, or is refused. */
export function ask(show: Draft, { rule }: Request, time: string): Change {
  const change = rule(show, at(time));
  if (change.seats.length > 0) show.take(change.seats);
  return change;
}

/** The numbers of the seats that a user holds at that time of day, or has bought. */
export function seatsOf(show: Draft, userId: string, time: string): number[] {
  return show.seatsOfUser(userId, at(time)).map(({ number }) => number);
}

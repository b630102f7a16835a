import { randomUUID } from 'node:crypto';
import type { Asking } from './asking.ts';
import { bestAvailable, type SeatWish } from './best-available.ts';
import { type HoldLimits, holdFor, judgeCount } from './hold-seats.ts';
import { layoutOf } from './layout.ts';
import { categoryUnknown, eventUnknown, noSuitableSeats } from './refusals.ts';
import type { Request } from './request.ts';

/** What a buyer wishes, who leaves it to the box office which seats these are. */
export type Wish = Asking & { readonly wish: SeatWish };

/** Asks to hold the best seats that are free when it is decided: it is refused only when none are left that suit. */
export function holdingBest({ eventId, traceparent, attempt, userId, wish }: Wish, limits: HoldLimits): Request {
  const holdId = randomUUID();
  return {
    eventId,
    traceparent,
    attempt,
    rule: (draft, now) => {
      if (!draft.standing) throw eventUnknown();
      const { venue, leaveNoSingle } = draft.standing;
      const layout = layoutOf(venue);
      if (wish.category !== undefined && !layout.categories.some(({ id }) => id === wish.category))
        throw categoryUnknown();
      judgeCount(wish.count, draft.seatsOfUser(userId, now).length, limits);
      const { isFree, longestRuns } = draft.freeAt(now);
      const choice = bestAvailable(layout, isFree, wish, { leaveNoSingle, longestRuns });
      if (!choice) throw noSuitableSeats();
      const seats = choice.seats.flatMap((number) => draft.get(number) ?? []);
      return { ...holdFor(userId, seats, { now, limits, holdId }), reason: choice.reason };
    },
  };
}

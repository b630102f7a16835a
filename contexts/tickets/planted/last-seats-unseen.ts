import type { Deps } from '@ticketbuddy/runtime';
import { decideTogether } from '../decide-together.ts';
import { publishSoldOut } from '../publish-sold-out.ts';
import { sell } from '../seat.ts';
import { lockSeats, sellSeats } from '../store.ts';
import type { DB } from '../tables.gen.ts';
import { realSelling, type Selling } from './selling.ts';

/** Nobody tells that an event is sold out: of two that buy the last seats at once each sees the other's as unsold. */
export function purchasesDoNotWaitForEachOther(deps: Deps<DB>): Selling {
  return {
    ...realSelling(deps),
    purchase: (selections) =>
      decideTogether(deps, selections, {
        lock: lockSeats,
        rule: sell,
        async write(tx, granted, now) {
          for (const soldOut of await sellSeats(tx, granted, now)) {
            await publishSoldOut(tx, soldOut, { now, traceparent: undefined });
          }
        },
      }),
  };
}

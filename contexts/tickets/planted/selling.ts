import type { Deps } from '@ticketbuddy/runtime';
import type { AnnouncedEvent } from '../announced-event.ts';
import { applyEvent } from '../apply-event.ts';

import { purchaseSeats } from '../purchase-seats.ts';
import { reserveSeats } from '../reserve-seats.ts';
import { openSales } from '../sales.ts';
import type { Outcome, Selection } from '../seat.ts';
import type { DB } from '../tables.gen.ts';

/** All that changes seats. A test is given it as it is, or with a defect put back on purpose. */
export type Selling = {
  reserve(selections: readonly Selection[]): Promise<readonly Outcome[]>;
  purchase(selections: readonly Selection[]): Promise<readonly Outcome[]>;
  applyEvent(event: AnnouncedEvent): Promise<void>;
};

export function realSelling(deps: Deps<DB>): Selling {
  const sales = openSales(deps);
  return {
    reserve: (selections) => reserveSeats({ sales }, selections),
    purchase: (selections) => purchaseSeats({ sales }, selections),
    applyEvent: (event) => deps.db.transaction((tx) => applyEvent(tx, event, deps.clock.now())),
  };
}

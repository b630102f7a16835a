import type { Database } from '@ticketbuddy/postgres/database';
import fc from 'fast-check';
import type { DB } from './tables.gen.ts';
import { beginDay, type MakeSelling, openSale, perform } from './test-day.ts';
import type { History } from './test-history.ts';
import { invariants } from './test-invariants.ts';
import { type Plan, plan, tell } from './test-plan.ts';

/**
 * Whatever buyers, organisers and the clock do at once, no request fails, and every invariant holds after every step.
 * A failure names the invariant and tells the steps up to it.
 */
export function sellingKeepsItsPromises(db: Database<DB>, makeSelling: MakeSelling) {
  return fc.asyncProperty(plan, async (steps) => {
    const day = beginDay(db, makeSelling);
    let past = await unfailing(openSale(day), []);
    judge(past, []);
    for (const [nth, step] of steps.entries()) {
      const soFar = steps.slice(0, nth + 1);
      past = await unfailing(perform(day, past, step), soFar);
      judge(past, soFar);
    }
  });
}

function judge(history: History, steps: Plan): void {
  for (const [name, invariant] of Object.entries(invariants)) {
    const wrong = invariant(history);
    if (wrong !== undefined) throw new Error(`${name} – broken: ${wrong}\n${tell(steps)}`);
  }
}

async function unfailing(work: Promise<History>, steps: Plan): Promise<History> {
  return work.catch((error: Error) => {
    throw new Error(`no request fails – broken: ${error.message}\n${tell(steps)}`, { cause: error });
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from './steps.ts';
import { deleteHold, edgesWriting, insertHold, isHeld, tellEdges } from './store-edges.ts';
import type { OwnerSwitch } from './switch-owner.ts';

const lookEveryMs = 5;

/** From here on writes of the unit wait at the edges, and all that were under way have been answered. */
export const holdWrites: Step<OwnerSwitch> = {
  name: 'hold writes',
  msMax: 2_000,
  check: async ({ databases, unit }) =>
    (await isHeld(databases.next, unit)) && (await edgesWriting(databases.next, unit)).length === 0,
  async do({ databases, unit }, signal) {
    await insertHold(databases.next, unit);
    let writing = await edgesWriting(databases.next, unit);
    while (writing.length > 0) {
      if (signal.aborted) throw new Error(`writes are still under way at ${writing.join(', ')}`);
      await sleep(lookEveryMs);
      writing = await edgesWriting(databases.next, unit);
    }
    return 'nothing is under way';
  },
  undo: ({ databases, unit }) => deleteHold(databases.next, unit),
};

/** The writes that waited go to whoever owns the unit now. */
export const releaseWrites: Step<OwnerSwitch> = {
  name: 'release writes',
  msMax: 2_000,
  check: async ({ databases, unit }) => !(await isHeld(databases.next, unit)),
  do: ({ databases, unit }) => deleteHold(databases.next, unit),
  undo: ({ databases }) => tellEdges(databases.next),
};

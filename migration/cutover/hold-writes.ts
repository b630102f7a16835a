import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from './steps.ts';
import { deleteHold, edgesBehind, edgesWriting, insertHold, isHeld, tellEdges } from './store-edges.ts';
import type { OwnerSwitch } from './switch-owner.ts';

const lookEveryMs = 5;

/** From here on writes of the unit wait at the edges, and all that were under way have been answered. */
export const holdWrites: Step<OwnerSwitch> = {
  name: 'hold writes',
  msMax: 2_000,
  check: async ({ databases, unit }) =>
    (await isHeld(databases.next, unit)) && (await edgesWriting(databases.next, unit)).length === 0,
  async do({ databases, conductor, unit }, signal) {
    await insertHold(conductor, unit);
    let writing = await edgesWriting(databases.next, unit);
    while (writing.length > 0) {
      if (signal.aborted) throw new Error(`writes are still under way at ${writing.join(', ')}`);
      await sleep(lookEveryMs);
      writing = await edgesWriting(databases.next, unit);
    }
    return 'nothing is under way';
  },
  undo: ({ conductor, unit }) => deleteHold(conductor, unit),
};

/** Every gateway reads at the new owner before it takes a write: so nobody reads an older world than what he was told. */
export const tellEdgesOfOwner: Step<OwnerSwitch> = {
  name: 'tell the gateways',
  msMax: 3_000,
  check: async ({ databases, unit, epoch }) => (await edgesBehind(databases.next, unit, epoch + 1)).length === 0,
  async do({ databases, unit, epoch }, signal) {
    await tellEdges(databases.next);
    while ((await edgesBehind(databases.next, unit, epoch + 1)).length > 0) {
      signal.throwIfAborted();
      await sleep(lookEveryMs);
    }
    return 'all of them know';
  },
};

/** The writes that waited go to whoever owns the unit now. */
export const releaseWrites: Step<OwnerSwitch> = {
  name: 'release writes',
  msMax: 2_000,
  check: async ({ databases, unit }) => !(await isHeld(databases.next, unit)),
  do: ({ conductor, unit }) => deleteHold(conductor, unit),
  undo: ({ databases }) => tellEdges(databases.next),
};

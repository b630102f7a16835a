import type pg from 'pg';
import { changeOwner, OwnerDiffers, readFence } from './fence.ts';
import type { OwnerChange, Ownership, Side } from './owner.ts';
import type { Step } from './steps.ts';

/** A unit goes from one side to the other; to return is the same with the sides the other way round. */
export type OwnerSwitch = {
  readonly unit: string;
  readonly from: Side;
  readonly to: Side;
  /** In which `from` owns the unit. */
  readonly epoch: number;
  /** Where the unit's tables and fences are. */
  readonly databases: Readonly<Record<Side, pg.Pool>>;
  /** The line to the new system's database that holds the lock of whoever conducts: over it nothing comes after he has lost that. */
  readonly conductor: Pick<pg.ClientBase, 'query'>;
  /** When whoever finds the unit without an owner goes back. */
  readonly deadline: Temporal.Instant;
  /** How long a fence waits for running writers, who wait as well from then on. */
  readonly waitMsMax: number;
  /** Besides done, in the new owner's database, in the transaction in which it becomes the owner. */
  readonly uponOpening?: ((client: pg.ClientBase) => Promise<void>) | undefined;
};

type OwnerStep = Step<OwnerSwitch>;

/** Nobody owns the unit from here on: what the old owner has written is all that it will write. */
export const fenceOldOwner: OwnerStep = {
  name: 'fence the old owner',
  msMax: 5_000,
  check: async (move) => !(await isOwner(move, move.from, old(move))),
  do: (move, signal) =>
    change(move, move.from, { from: old(move), to: { ...nobody(move), deadline: move.deadline } }, async () =>
      signal.throwIfAborted(),
    ),
  // What is still being done is waited for: looked at without that, it would not be so yet.
  undo: (move) =>
    change(move, move.from, { from: nobody(move), to: old(move) }).catch((error) => {
      if (error instanceof OwnerDiffers) return 'it was not fenced';
      throw error;
    }),
};

/** From here on the new owner writes, and the move is only ever finished. */
export const openNewOwner: OwnerStep = {
  name: 'open the new owner',
  msMax: 5_000,
  isFinal: true,
  check: (move) => isOwner(move, move.to, fresh(move)),
  do: (move, signal) =>
    change(move, move.to, { from: old(move), to: fresh(move), unless: move.deadline }, async (client) => {
      await move.uponOpening?.(client);
      signal.throwIfAborted();
    }),
  // Whoever is still at it has come to his end by then, and whoever comes later does nothing. If it is open, this fails, and the
  // move is finished.
  undo: (move) => change(move, move.to, { from: old(move), to: { ...old(move), deadline: move.deadline } }),
};

/** The old owner's database says too who the owner is. */
export const nameNewOwner: OwnerStep = {
  name: 'name the new owner to the old one',
  msMax: 5_000,
  check: (move) => isOwner(move, move.from, fresh(move)),
  do: (move) => change(move, move.from, { from: nobody(move), to: fresh(move) }),
};

function old({ from, epoch }: OwnerSwitch): Ownership {
  return { owner: from, epoch };
}

function nobody({ epoch }: OwnerSwitch): Ownership {
  return { owner: 'moving', epoch };
}

function fresh({ to, epoch }: OwnerSwitch): Ownership {
  return { owner: to, epoch: epoch + 1 };
}

/** Whether the fence in the database of a side says so. */
async function isOwner({ databases, unit }: OwnerSwitch, side: Side, is: Ownership): Promise<boolean> {
  const fence = await readFence(databases[side], unit);
  return fence?.owner === is.owner && fence.epoch === is.epoch;
}

/** Answers from which position in that database's log on it is so. */
async function change(
  { databases, unit, waitMsMax }: OwnerSwitch,
  side: Side,
  what: Omit<OwnerChange, 'unit'>,
  besides?: OwnerSwitch['uponOpening'],
): Promise<{ readonly position: string }> {
  return { position: await changeOwner(databases[side], { unit, ...what }, waitMsMax, besides) };
}

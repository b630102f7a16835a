import type { Message, Subscription } from './message.ts';

/** What stands in a tap's queue: a message, or a mark that was put behind those before it. */
export type Heard = Message | { readonly mark: string };

export type TapReader = {
  /** Whether what has been heard so far is whole, up to what still waits in the queue. */
  readonly hasBegun: () => Promise<boolean>;
  /**
   * Nothing is known of what was published before `make` is done, since the queue is not there, or was too full to hold everything.
   * Resolves when the reader has begun anew. It comes before anything is heard, and again when it has failed.
   */
  readonly begin: (make: () => Promise<void>) => Promise<void>;
  /** In the order of their arrival. What it throws on comes again, and so may what it has heard before. */
  readonly heard: (heard: readonly Heard[]) => Promise<void>;
  /** Hears of what failed; it is tried again. */
  readonly onError: (error: unknown) => void;
};

/** A queue of ours that gets its own copy of what others publish. Its calls throw a `StartError` while the broker cannot be reached. */
export type Tap = {
  /** How many read it; `undefined` when the queue is not there. */
  readers(): Promise<number | undefined>;
  /** Makes the queue where it is missing, and reads it until it is stopped. */
  read(reader: TapReader): Subscription;
  /** Puts a mark behind all that has arrived so far: whoever has heard it has heard that. */
  mark(mark: string): Promise<void>;
  /** Deletes the queue. */
  remove(): Promise<void>;
  close(): Promise<void>;
};

export type TapOptions = {
  readonly url: string;
  readonly queue: string;
  /** The types of messages of which it gets a copy. */
  readonly urns: readonly string[];
  /** Of more, the oldest are thrown away: those who publish are never refused because of it. */
  readonly lengthMax?: number;
};

import type { Attempt } from './store-idempotency.ts';

/** Who asks for something at which event. */
export type Asking = {
  readonly eventId: string;
  readonly userId: string;
  /** The trace in which it is asked (W3C), handed on to what is told of it. */
  readonly traceparent?: string | undefined;
  /** Set when the client may ask again for the same, and must then get the same answer. */
  readonly attempt?: Attempt | undefined;
};

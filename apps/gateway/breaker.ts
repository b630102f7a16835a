/** Keeps requests from a system that does not answer, so that nobody waits for it in vain. Times are those of `performance.now()`. */
export type Breaker = {
  readonly state: BreakerState;
  /** Whether a request that came now would be sent. */
  isOpen(nowMs: number): boolean;
  /** Whether to send this one. While it is open, one after each rest tries whether the system answers again. */
  enter(nowMs: number): boolean;
  /** `unknown`: it was given up before that could be seen. */
  leave(outcome: 'answered' | 'failed' | 'unknown', nowMs: number): void;
};

export type BreakerState = 'closed' | 'open' | 'half-open';

export type BreakerLimits = {
  /** So many in a row that got no connection or no answer open it. */
  readonly failuresMax: number;
  readonly restMs: number;
};

export function createBreaker({ failuresMax, restMs }: BreakerLimits): Breaker {
  let [state, failures, restUntilMs]: [BreakerState, number, number] = ['closed', 0, 0];
  const open = (nowMs: number) => {
    [state, restUntilMs] = ['open', nowMs + restMs];
  };
  const isOpen = (nowMs: number) => state === 'half-open' || (state === 'open' && nowMs < restUntilMs);
  return {
    get state() {
      return state;
    },
    isOpen,
    enter(nowMs) {
      if (isOpen(nowMs)) return false;
      if (state === 'open') state = 'half-open';
      return true;
    },
    leave(outcome, nowMs) {
      if (outcome === 'answered') [state, failures] = ['closed', 0];
      if (outcome === 'failed') {
        failures += 1;
        if (failures >= failuresMax) open(nowMs);
      }
      // The one that tried has found out nothing: the next one tries.
      if (outcome === 'unknown' && state === 'half-open') [state, restUntilMs] = ['open', nowMs];
    },
  };
}

/** Keeps a system that gives no answer of use from being asked again and again. Times are those of `performance.now()`. */
export type Circuit = {
  /** Whether to ask now. While it is broken, one question after each rest tries whether it still is. */
  mayAsk(nowMs: number): boolean;
  answered(): void;
  failed(nowMs: number): void;
};

const failuresMax = 5;
const restMsMin = 1_000;
const restMsMax = 30_000;

/** Breaks after five failures in a row; each rest is twice the one before, up to half a minute. */
export function createCircuit(): Circuit {
  const whole = { failures: 0, restMs: restMsMin, restUntilMs: 0, isTrying: false };
  let state = whole;
  return {
    mayAsk(nowMs) {
      if (state.failures < failuresMax) return true;
      if (nowMs < state.restUntilMs) return false;
      state = { ...state, restUntilMs: nowMs + state.restMs, isTrying: true };
      return true;
    },
    answered() {
      state = whole;
    },
    failed(nowMs) {
      // Those that were asked before it broke, and fail now, say nothing new.
      const restMs = state.isTrying ? Math.min(state.restMs * 2, restMsMax) : state.restMs;
      state = { failures: state.failures + 1, restMs, restUntilMs: nowMs + restMs, isTrying: false };
    },
  };
}

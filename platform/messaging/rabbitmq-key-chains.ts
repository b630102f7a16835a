export type KeyChains = {
  /** Runs the task after all earlier ones of its key. It must not reject. */
  add(key: string, task: () => Promise<void>): void;
  /** Resolves when no task is left. */
  idle(): Promise<void>;
};

/** One task at a time per key, in the order in which they came; tasks of different keys run beside each other. */
export function keyChains(): KeyChains {
  const tails = new Map<string, Promise<void>>();
  return {
    add(key, task) {
      const tail = (tails.get(key) ?? Promise.resolve()).then(task).then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      tails.set(key, tail);
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}

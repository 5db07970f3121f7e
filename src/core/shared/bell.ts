/** Wakes those who wait for one word of shared memory to change. Whoever changes it rings afterwards. */
export interface Bell {
  /** Wakes all who wait for the word. */
  wake(): void;
  /** Blocks this thread while the word is `value`, at most so long. It may come back earlier. */
  wait(value: number, timeoutMs: number): void;
  /** Resolves once the bell has rung, or earlier. Undefined if the word is not `value`: nobody waits then. */
  waitAsync(value: number): Promise<unknown> | undefined;
}

/** The bell of a word that threads of one process share. */
export function createThreadBell(words: Int32Array, index: number): Bell {
  return {
    wake: () => void Atomics.notify(words, index),
    wait: (value, timeoutMs) => void Atomics.wait(words, index, value, timeoutMs),
    waitAsync(value) {
      const waiting = Atomics.waitAsync(words, index, value);
      return waiting.async ? waiting.value : undefined;
    },
  };
}

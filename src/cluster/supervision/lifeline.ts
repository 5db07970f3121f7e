import { setTimeout } from "node:timers";

/** What lives elsewhere has died, or does not answer. */
export class EndedError extends Error {}

/**
 * What hangs on the life of a Worker or a process: calls fail, instead of hanging, when it dies or does not answer.
 * Waiters are kept in a set that they leave: racing each step against one long-lived promise would keep every step in
 * memory.
 */
export class Lifeline {
  readonly name: string;
  readonly #waiters = new Set<(lost: Error) => void>();
  #lost: Error | undefined;
  #ended = false;

  /** @param name Of what lives, for messages. */
  constructor(name: string) {
    this.name = name;
  }

  /** Why it is of no use any more; undefined as long as it is. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /**
   * Does what needs an answer of it. If none comes in time, it is lost.
   * @throws {Error} If it dies or does not answer in time.
   */
  async call<Answer>(
    request: () => Promise<Answer>,
    { act, timeoutMs }: { readonly act: string; readonly timeoutMs: number },
  ): Promise<Answer> {
    const timer = setTimeout(() => this.cut(`did not ${act} within ${timeoutMs / 1000} s`), timeoutMs);
    try {
      return await this.guard(request);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Does `work`, unless it dies first: then it rejects with that, naming it and the cause. */
  async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#lost) throw this.#lost;
    let leave: (() => void) | undefined;
    const death = new Promise<never>((_, reject) => {
      this.#waiters.add(reject);
      leave = () => this.#waiters.delete(reject);
    });
    try {
      return await Promise.race([work(), death]);
    } finally {
      leave?.();
    }
  }

  /** From now on its death is not reported, and no call is answered. */
  release(): void {
    // Who calls it all the same must not wait for an answer that cannot come.
    this.cut("was ended");
    this.#ended = true;
  }

  /** It is dead: all who wait are told how. */
  cut(how: string, cause?: unknown): void {
    if (this.#ended || this.#lost) return;
    this.#lost = new EndedError(`Cannot go on: ${this.name} ${how}`, cause === undefined ? undefined : { cause });
    for (const reject of this.#waiters) reject(this.#lost);
    this.#waiters.clear();
  }
}

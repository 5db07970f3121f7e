import { RefusalError } from "../../core/errors/errors.ts";

/** How a call finds the strategy. */
export interface CallMoment {
  /** True where a plugin's callback makes the call. */
  readonly isInCallback: boolean;
  /** True while replicas start or compute: no code of the loop can be making the call. */
  readonly isComputing: boolean;
}

/** Which of a strategy's calls are under way, so that one whose `await` was forgotten is noticed. */
export class CallGuard {
  #isTraining = false;
  #evaluations = 0;
  /** Calls that have not begun their loop yet. */
  #entering = 0;

  /** @returns What ends the call. @throws {RefusalError} If another call is under way. */
  beginTraining(): () => void {
    if (this.#isTraining) refuse("train", "train");
    if (this.#evaluations > 0) refuse("train", "eval");
    this.#isTraining = true;
    this.#entering += 1;
    return () => {
      this.#isTraining = false;
    };
  }

  /**
   * Plugins, and loops that a subclass overrides, may evaluate in the middle of training.
   * @returns What ends the call.
   * @throws {RefusalError} If another call is under way that does not wait for this one.
   */
  beginEvaluation({ isInCallback, isComputing }: CallMoment): () => void {
    if (!isInCallback) {
      if (this.#evaluations > 0) refuse("eval", "eval");
      if (this.#isTraining && (isComputing || this.#entering > 0)) refuse("eval", "train");
    }
    this.#evaluations += 1;
    this.#entering += 1;
    return () => {
      this.#evaluations -= 1;
    };
  }

  /** The call's loop begins. */
  enter(): void {
    this.#entering -= 1;
  }
}

function refuse(call: string, other: string): never {
  throw new RefusalError(`${call}() was called while ${other}() goes on: write \`await strategy.${other}(…)\``);
}

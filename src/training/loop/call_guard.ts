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
  #predictions = 0;
  #lastPrediction: Promise<unknown> = Promise.resolve();
  /** Calls that have not begun their loop yet. */
  #entering = 0;

  /** @returns What ends the call. @throws {RefusalError} If another call is under way. */
  beginTraining(): () => void {
    if (this.#isTraining) refuse("train()", "train");
    if (this.#evaluations > 0) refuse("train()", "eval");
    if (this.#predictions > 0) refuse("train()", "predict");
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
    if (this.#predictions > 0) refuse("eval()", "predict");
    if (!isInCallback) {
      if (this.#evaluations > 0) refuse("eval()", "eval");
      if (this.#isTraining && (isComputing || this.#entering > 0)) refuse("eval()", "train");
    }
    this.#evaluations += 1;
    this.#entering += 1;
    return () => {
      this.#evaluations -= 1;
    };
  }

  /** Has one prediction made after another. @throws {RefusalError} If another call is under way. */
  async predict<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#assertNoLoop("predict()");
    this.#predictions += 1;
    const turn = this.#lastPrediction.then(work);
    this.#lastPrediction = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#predictions -= 1;
    }
  }

  /** @throws {RefusalError} If any call is under way; the message begins with `act`. */
  assertIdle(act: string): void {
    this.#assertNoLoop(act);
    if (this.#predictions > 0) refuse(act, "predict");
  }

  /** The call's loop begins. */
  enter(): void {
    this.#entering -= 1;
  }

  #assertNoLoop(act: string): void {
    if (this.#isTraining) refuse(act, "train");
    if (this.#evaluations > 0) refuse(act, "eval");
  }
}

function refuse(act: string, other: string): never {
  throw new RefusalError(`${act} was called while ${other}() goes on: write \`await strategy.${other}(…)\``);
}

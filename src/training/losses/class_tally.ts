import { count, declareState, mapById } from "../../core/state/state.ts";
import type { StrategyPlugin } from "../loop/strategy_plugin.ts";

/**
 * Counts the class ids of what a strategy is trained on: the samples of each experience once, when its training begins,
 * however often they are trained on or replayed.
 */
export class ClassTally {
  readonly #state = declareState("the class counts of the criterion", { counts: mapById(count()) });

  /** What has the loop tell of its experiences, and checkpoints keep the counts. */
  readonly plugin: StrategyPlugin = {
    name: "ClassTally",
    traits: [],
    state: this.#state,
    beforeTrainDatasetAdaptation: ({ experience }) => this.add(experience.dataset.targets),
  };

  /** Counts class ids [n]. */
  add(y: Int32Array): void {
    const { counts } = this.#state;
    for (const id of y) counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  /**
   * n / (K · n_c) for each class c below `outputSize`, with n samples of K classes counted, n_c of them of class c; 1
   * for a class that was not met yet. Over what was counted, the weights of samples have a mean of 1. The caller owns
   * the result.
   * @see King and Zeng 2001, Logistic Regression in Rare Events Data
   */
  balance(outputSize: number): Float64Array {
    const { counts } = this.#state;
    const total = counts.values().reduce((sum, samples) => sum + samples, 0);
    return Float64Array.from({ length: outputSize }, (_, id) => {
      const samples = counts.get(id);
      return samples === undefined ? 1 : total / (counts.size * samples);
    });
  }
}

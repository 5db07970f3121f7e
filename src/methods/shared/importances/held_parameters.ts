import { parseSavedRecord, parseSavedVector, type SavedState } from "../../../core/saved_state.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";

/**
 * Parameters that keep their values whatever the optimizer does: momentum, weight decay and gradients move them and
 * `putBack`, called after each update, undoes it. So steps stay fused, and held is held with every optimizer.
 */
export class HeldParameters {
  readonly #values: Float32Array;
  /** 1 where a parameter is held [P]. */
  readonly #mask: Float32Array;

  /** Holds those of `parameters` [P] that `mask` [P] marks with 1, at their values now. Both are copied. */
  constructor(parameters: Float32Array, mask: Float32Array) {
    this.#values = Float32Array.from(parameters);
    this.#mask = Float32Array.from(mask);
  }

  putBack(parameters: Float32Array): void {
    for (let i = 0; i < parameters.length; i++) {
      if (this.#mask[i] === 1) parameters[i] = this.#values[i] ?? 0;
    }
  }

  /** The same for a model whose heads have grown; what is new is not held. */
  grow(growth: ModelGrowth): HeldParameters {
    return new HeldParameters(growth.remap(this.#values), growth.remap(this.#mask));
  }

  /** Plain data for `restore`. It is never written to. */
  save(): SavedState {
    return { values: this.#values, mask: this.#mask };
  }

  /** What was saved. @throws {TypeError} If it was something else; the message starts with `act`. */
  static restore(act: string, saved: SavedState): HeldParameters {
    const { values, mask } = parseSavedRecord(act, saved);
    return new HeldParameters(parseSavedVector(act, values), parseSavedVector(act, mask));
  }
}

import { count, declareState, optional, vector } from "../../../core/state/state.ts";
import { scaleVector } from "../../../core/vector.ts";
import { addScaled } from "../../../kernels/add_scaled.ts";
import type { Experience } from "../../../streams/experience.ts";
import { endsExperience } from "../../../streams/online_experience.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";

/**
 * Importances of an experience that comes in pieces, each measured when its piece was trained, as its samples are gone
 * later: the mean over all samples, [P].
 */
export class GatheredImportances {
  readonly #state = declareState("gathered importances", {
    /** Σ samples · importances over the pieces so far [P]. */
    sum: optional(vector()),
    samples: count(),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /**
   * Takes the mean over the samples of an experience or a piece. It may be written to.
   * @returns The mean over all pieces once the last has come, undefined before.
   */
  add(experience: Experience, importances: Float32Array): Float32Array | undefined {
    const isLast = endsExperience(experience);
    const { sum = new Float32Array(importances.length) } = this.#state;
    if (isLast && !this.#state.sum) return importances;
    const { length } = experience.dataset;
    addScaled(sum, importances, length);
    this.#state.sum = sum;
    this.#state.samples += length;
    if (!isLast) return undefined;
    scaleVector(sum, 1 / this.#state.samples);
    this.#state.reset();
    return sum;
  }

  grow(growth: ModelGrowth): void {
    if (this.#state.sum) this.#state.sum = growth.remap(this.#state.sum);
  }
}

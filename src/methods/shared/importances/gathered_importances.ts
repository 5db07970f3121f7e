import { parseSavedNumber, parseSavedRecord, parseSavedVector, type SavedState } from "../../../core/saved_state.ts";
import { addScaled, scaleVector } from "../../../core/vector.ts";
import type { Experience } from "../../../streams/experience.ts";
import { endsExperience } from "../../../streams/online_experience.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";

/**
 * Importances of an experience that comes in pieces, each measured when its piece was trained, as its samples are gone
 * later: the mean over all samples, [P].
 */
export class GatheredImportances {
  /** Σ samples · importances over the pieces so far [P]. */
  #sum: Float32Array | undefined;
  #samples = 0;

  /**
   * Takes the mean over the samples of an experience or a piece. It may be written to.
   * @returns The mean over all pieces once the last has come, undefined before.
   */
  add(experience: Experience, importances: Float32Array): Float32Array | undefined {
    const isLast = endsExperience(experience);
    if (isLast && !this.#sum) return importances;
    const { length } = experience.dataset;
    this.#samples += length;
    this.#sum ??= new Float32Array(importances.length);
    addScaled(this.#sum, importances, length);
    if (!isLast) return undefined;
    const mean = this.#sum;
    scaleVector(mean, 1 / this.#samples);
    [this.#sum, this.#samples] = [undefined, 0];
    return mean;
  }

  grow(growth: ModelGrowth): void {
    if (this.#sum) this.#sum = growth.remap(this.#sum);
  }

  /** Plain data for `restore`. */
  save(): SavedState {
    return { sum: this.#sum ? Float32Array.from(this.#sum) : null, samples: this.#samples };
  }

  /** Goes on from what `save` gave. */
  restore(act: string, saved: SavedState | undefined): void {
    const { sum = null, samples } = parseSavedRecord(act, saved);
    this.#sum = sum === null ? undefined : Float32Array.from(parseSavedVector(act, sum));
    this.#samples = parseSavedNumber(act, samples);
  }
}

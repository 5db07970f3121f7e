import { DropoutMasks } from "./dropout_masks.ts";

/**
 * Memory of one engine for what no caller keeps: dropout masks, an objective's constants, a loss scale, task labels as
 * int64.
 */
export class RunScratch {
  readonly masks = new DropoutMasks();
  readonly #constant = new Float32Array(1);
  readonly #lossScale = new Float32Array(1);
  readonly #anchorFactor = new Float32Array(1);
  #labels = new BigInt64Array(0);

  /** Task labels [n] as int64; valid until the next request. */
  convertLabels(labels: Int32Array): BigInt64Array {
    if (this.#labels.length < labels.length) this.#labels = new BigInt64Array(labels.length);
    const converted = this.#labels.subarray(0, labels.length);
    for (let i = 0; i < labels.length; i++) converted[i] = BigInt(labels[i] ?? 0);
    return converted;
  }

  /** A number as a tensor's value; valid until the next request. */
  holdConstant(value: number): Float32Array {
    this.#constant[0] = value;
    return this.#constant;
  }

  /** The factor of a feature anchor as a tensor's value; valid until the next request. */
  holdAnchorFactor(value: number): Float32Array {
    this.#anchorFactor[0] = value;
    return this.#anchorFactor;
  }

  /** A loss scale as a tensor's value; valid until the next request. */
  holdLossScale(value: number): Float32Array {
    this.#lossScale[0] = value;
    return this.#lossScale;
  }
}

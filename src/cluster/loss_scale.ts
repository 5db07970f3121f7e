import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { TrainingPrecision } from "../onnx/precision/precision.ts";

/** A loss scale at one moment, as a checkpoint keeps it. */
export interface SavedLossScale {
  readonly value: number;
  /** Steps without an overflow since it last changed. */
  readonly goodSteps: number;
}

/** PyTorch's numbers: begins at 2¹⁶, doubles after 2,000 steps without an overflow, halves at one. */
const FIRST = 2 ** 16;
const GROWTH_INTERVAL = 2_000;
/** More than this is not needed: the smallest number of float16 that has all its bits is 2⁻¹⁴. */
const LARGEST = 2 ** 24;

/**
 * What the gradient of the loss is multiplied by in steps of float16, a power of two. It halves when a gradient is too
 * large for it, and doubles after a while without. In other precisions it stays as it is.
 * @see Micikevicius et al. 2018, Mixed TrainingPrecision Training, arXiv:1710.03740
 */
export class LossScale {
  readonly #isDynamic: boolean;
  #value: number;
  #goodSteps = 0;

  constructor(precision: TrainingPrecision) {
    this.#isDynamic = precision === "float16";
    this.#value = precision === "float32" ? 0 : precision === "bfloat16" ? 1 : FIRST;
  }

  /** 0 where steps are computed in float32. */
  get value(): number {
    return this.#value;
  }

  /**
   * Follows what became of a step.
   * @throws {RangeError} If it overflowed at the scale 1: then float16 does not hold the model's gradients.
   */
  follow(hasOverflowed: boolean): void {
    if (!this.#isDynamic) return;
    this.#goodSteps += 1;
    if (hasOverflowed) {
      if (this.#value <= 1) {
        const wanted = "gradients below 65,504 at loss scale 1 (a smaller learning rate or bfloat16 may help)";
        throw new RangeRefusal(needs("training in float16", wanted, Number.POSITIVE_INFINITY));
      }
      this.#change(this.#value / 2);
    } else if (this.#goodSteps === GROWTH_INTERVAL) this.#change(Math.min(LARGEST, this.#value * 2));
  }

  /** Undefined where it does not change. */
  save(): SavedLossScale | undefined {
    return this.#isDynamic ? { value: this.#value, goodSteps: this.#goodSteps } : undefined;
  }

  /** Nothing is restored to a scale that does not change. */
  restore({ value, goodSteps }: SavedLossScale): void {
    if (!this.#isDynamic) return;
    this.#value = value;
    this.#goodSteps = goodSteps;
  }

  #change(value: number): void {
    this.#value = value;
    this.#goodSteps = 0;
  }
}

import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../../../core/options/assert_options.ts";
import { oneOf, required, wholeNumber } from "../../../../core/options/value_rules.ts";
import { LAYER_RULES, type LayerOptions } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { Subtract } from "../subtract.ts";
import { pickLayerOptions } from "./kernel_layer.ts";

/** What layers of Keras that merge sequences do, whose masks may differ: their classes' names in small letters. */
export const MERGING_OPERATIONS = [
  "add",
  "average",
  "concatenate",
  "maximum",
  "minimum",
  "multiply",
  "subtract",
] as const;

/** One of `MERGING_OPERATIONS`. */
type MergingOperation = (typeof MERGING_OPERATIONS)[number];

/** What a merging layer of a file of Keras's is made of. */
interface KerasMergeOptions {
  readonly name?: string;
  readonly operation: MergingOperation;
  /** Which times count behind it: those that count in "any" input, as in Keras 3, or in "all", as in Keras 2. */
  readonly masking: "any" | "all";
  /** Of Concatenate. Default: −1. */
  readonly axis?: number;
}

const RULES: OptionRules<KerasMergeOptions & LayerOptions> = {
  operation: required(oneOf(MERGING_OPERATIONS)),
  masking: required(oneOf(["any", "all"])),
  axis: wholeNumber(-8, 8),
  ...LAYER_RULES,
};

/** Layers that in Keras 3 take other values where there is filling. */
const HEEDS_MASKS: ReadonlySet<MergingOperation> = new Set(["maximum", "minimum", "multiply"]);

/**
 * A merging layer of a model of Keras's with masks: Keras's versions and TF.js differ in what becomes of different
 * ones. TF.js's engine computes it where that makes no difference; onnxruntime computes all of it.
 */
export class KerasMerge extends tf.layers.Layer {
  static readonly className = "KerasMerge";
  readonly #options: Pick<KerasMergeOptions, "operation" | "masking" | "axis">;
  #plain: tf.layers.Layer;
  /** Whether its inputs have a mask: TF.js hands stale ones on. Undefined while nobody has looked. */
  #isMasked: boolean | undefined;

  /** @throws {TypeError} If an option has no such name, or is missing. */
  constructor(options: KerasMergeOptions) {
    assertOptions("KerasMerge", options, RULES);
    super(pickLayerOptions(options));
    const { operation, masking, axis = -1 } = options;
    this.#options = { operation, masking, axis };
    this.#plain = createPlain(operation, axis);
    this.supportsMasking = true;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { operation, axis = -1 } = this.#options;
    const [first] = inputShape;
    const rank = Array.isArray(first) ? first.length : 0;
    // TF.js takes −2 for −1.
    if (axis < 0) this.#plain = createPlain(operation, axis + rank);
    this.#plain.build(inputShape);
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return this.#plain.computeOutputShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    return this.#plain.call(inputs, {});
  }

  /** The mask that all inputs have. */
  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[] | null,
  ): tf.Tensor | tf.Tensor[] {
    const [first = null, ...others] = [mask ?? null].flat();
    if (this.#isMasked === false) return NO_MASK;
    if (others.some((other) => other !== first)) this.refuseMasks();
    return first ?? NO_MASK;
  }

  /**
   * Refuses what TF.js's engine computes otherwise than Keras.
   * @param isMasked Whether there is a mask, of all inputs alike.
   * @throws {RangeError} If Keras would take other values where there is filling, or join masks.
   */
  assertMask(isMasked: boolean): void {
    const { operation, masking, axis = -1 } = this.#options;
    const rank = this.inboundNodes[0]?.outputTensors[0]?.rank ?? 0;
    const joinsTimes = operation === "concatenate" && axis !== -1 && axis !== rank - 1;
    this.#isMasked = isMasked;
    if (isMasked && (joinsTimes || (masking === "any" && HEEDS_MASKS.has(operation)))) this.refuseMasks();
  }

  /** @throws {RangeError} Always. */
  refuseMasks(): never {
    const wanted = "sequences with the same mask, or none (--engine onnxruntime trains it)";
    throw new RangeRefusal(needs(`layer "${this.name}" in TF.js`, wanted, "masks"));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#options };
  }
}

function createPlain(operation: MergingOperation, axis: number): tf.layers.Layer {
  switch (operation) {
    case "add":
      return tf.layers.add();
    case "average":
      return tf.layers.average();
    case "concatenate":
      return tf.layers.concatenate({ axis });
    case "maximum":
      return tf.layers.maximum();
    case "minimum":
      return tf.layers.minimum();
    case "multiply":
      return tf.layers.multiply();
    case "subtract":
      return new Subtract();
  }
}

/** TF.js's own type leaves out that there may be none. */
const NO_MASK = null as unknown as tf.Tensor;

tf.serialization.registerClass(KerasMerge);

import { elementAt } from "../../../../core/element_at.ts";
import {
  anything,
  either,
  listOf,
  nothing,
  required,
  text,
  wholeNumber,
} from "../../../../core/options/value_rules.ts";
import {
  type EinsumDenseSettings,
  type EinsumDenseShapes,
  findEinsumDenseShapes,
  spellInSmallLetters,
} from "../../../../onnx/einsum/dense_shapes.ts";
import type { Einsum } from "../../../../onnx/einsum/read_einsum.ts";
import * as tf from "../../tensorflow.ts";
import { readInput, readWeight } from "../masked_logits.ts";
import { type ActivationName, activate, KernelLayer, takeShape } from "./kernel_layer.ts";

/** What a product of samples and a kernel by a formula is made of: the names and defaults are Keras's. */
interface EinsumDenseOptions {
  readonly name?: string;
  /** "abc,cd->abd": the samples, the kernel, what they give. The batch is in front. */
  readonly equation: string;
  /** The lengths of the output's axes without the batch and those that "..." stands for; null where they follow. */
  readonly outputShape: number | readonly (number | null)[];
  /** The letters of the output along which the bias differs. Default: no bias. */
  readonly biasAxes?: string | null;
  /** Default: none. */
  readonly activation?: ActivationName | null;
}

const RULES = {
  equation: required(text(1)),
  outputShape: required(either(wholeNumber(1), listOf(either(wholeNumber(1), nothing())))),
  biasAxes: either(text(), nothing()),
  activation: anything(),
};

/**
 * A product of samples and a kernel by a formula: the layer that Keras has and TF.js 4.22 has not. Both engines compute
 * it and exported files hold it.
 */
export class EinsumDense extends KernelLayer {
  static readonly className = "EinsumDense";
  readonly #settings: EinsumDenseSettings;
  readonly #activation: ActivationName | null;
  #kernel: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;

  /** @throws {TypeError} If an option has no such name, or a value is of another kind. */
  constructor(options: EinsumDenseOptions) {
    super(options, "EinsumDense", { settings: RULES, weights: ["kernel", "bias"] });
    const { equation, outputShape, biasAxes, activation = null } = options;
    const shape = typeof outputShape === "number" ? [outputShape] : [...outputShape];
    this.#settings = spellInSmallLetters({ equation, outputShape: shape, biasAxes: biasAxes ?? undefined });
    this.#activation = activation;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { kernel, bias } = this.#findShapes(takeShape(inputShape));
    this.#kernel = this.addKernel("kernel", kernel);
    if (bias) this.#bias = this.addBias("bias", bias);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...this.#findShapes(takeShape(inputShape)).output];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = readInput(this, inputs, 0);
      const { einsum } = this.#findShapes([null, ...x.shape.slice(1)]);
      const product = contract(x, readWeight(this, this.#kernel), einsum);
      const y = this.#bias ? tf.add(product, readWeight(this, this.#bias)) : product;
      return activate(this, y, this.#activation);
    });
  }

  #findShapes(input: readonly (number | null)[]): EinsumDenseShapes {
    return findEinsumDenseShapes(this.#settings, { input, layerName: this.name });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { equation, outputShape, biasAxes = null } = this.#settings;
    const own = { equation, outputShape: [...outputShape], biasAxes, activation: this.#activation };
    return { ...super.getConfig(), ...own };
  }
}

tf.serialization.registerClass(EinsumDense);

/** The contraction as one product of matrices, as `tf.einsum` has no gradient. */
function contract(x: tf.Tensor, kernel: tf.Tensor, einsum: Einsum): tf.Tensor {
  const { a, b, y, shared, contracted, onlyA, onlyB, alone } = einsum;
  const lengthOf = (letter: string) =>
    a.includes(letter) ? elementAt(x.shape, a.indexOf(letter)) : elementAt(kernel.shape, b.indexOf(letter));
  const lengths = (letters: readonly string[]) => letters.map(lengthOf);
  const count = (letters: readonly string[]) => lengths(letters).reduce((product, length) => product * length, 1);
  const prepare = (value: tf.Tensor, from: readonly string[], to: readonly string[]) => {
    const summed = from.flatMap((letter, axis) => (alone.includes(letter) ? [axis] : []));
    const kept = from.filter((letter) => !alone.includes(letter));
    return tf.transpose(
      summed.length > 0 ? tf.sum(value, summed) : value,
      to.map((letter) => kept.indexOf(letter)),
    );
  };
  const first = tf.reshape(prepare(x, a, [...shared, ...onlyA, ...contracted]), [
    ...lengths(shared),
    count(onlyA),
    count(contracted),
  ]);
  const second = tf.reshape(prepare(kernel, b, [...shared, ...contracted, ...onlyB]), [
    ...lengths(shared),
    count(contracted),
    count(onlyB),
  ]);
  const letters = [...shared, ...onlyA, ...onlyB];
  const product = tf.reshape(tf.matMul(first, second), lengths(letters));
  return tf.transpose(
    product,
    y.map((letter) => letters.indexOf(letter)),
  );
}

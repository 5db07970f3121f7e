import { elementAt } from "../../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../../core/errors/errors.ts";
import {
  anything,
  either,
  flag,
  listOf,
  nothing,
  number,
  required,
  wholeNumber,
} from "../../../../core/options/value_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readWeight } from "../masked_logits.ts";
import { KernelLayer, takeShape } from "./kernel_layer.ts";

/** What a `MultiHeadAttention` layer is made of: the names and defaults are Keras's. */
interface MultiHeadAttentionOptions {
  readonly name?: string;
  readonly numHeads: number;
  readonly keyDim: number;
  /** Default: keyDim. */
  readonly valueDim?: number | null;
  /** Of dropping shares in training. Default: 0. */
  readonly dropout?: number;
  /** Default: true. */
  readonly useBias?: boolean;
  /** Nothing else is computed. Default: false. */
  readonly useGate?: boolean;
}

const RULES = {
  numHeads: required(wholeNumber(1)),
  keyDim: required(wholeNumber(1)),
  valueDim: either(wholeNumber(1), nothing()),
  dropout: number({ atLeast: 0, below: 1 }),
  useBias: flag(),
  outputShape: nothing(),
  attentionAxes: either(listOf(wholeNumber(1, 1), 1), nothing()),
  // What Keras writes besides. A penalty would be of four weights.
  kernelInitializer: anything(),
  biasInitializer: anything(),
  kernelRegularizer: nothing(),
  biasRegularizer: nothing(),
  kernelConstraint: nothing(),
  biasConstraint: nothing(),
  useGate: flag(),
  // What TF.js and Keras 2 write of the shapes that it was built for.
  queryShape: anything(),
  keyShape: anything(),
  valueShape: anything(),
};

/**
 * Attention of several heads, [N, T, D] queries to [N, S, E] values and keys, as Keras computes it. It stands in the
 * place of TF.js's layer of that name, which has no gradient.
 * @see Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762
 */
export class MultiHeadAttention extends KernelLayer {
  static readonly className = "MultiHeadAttention";
  readonly #settings: Required<Omit<MultiHeadAttentionOptions, "name" | "useGate" | "valueDim">> & {
    readonly valueDim: number;
  };
  readonly #weights = new Map<string, tf.LayerVariable>();
  /** Drops shares [N, H, T, S] in training: engines set it. */
  dropShares: ((shares: tf.Tensor) => tf.Tensor) | undefined;

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: MultiHeadAttentionOptions) {
    super(options, "MultiHeadAttention", { settings: RULES, weights: [] });
    if (options.useGate) throw new RangeRefusal(needs("MultiHeadAttention", "no gate", options.useGate));
    const { numHeads, keyDim, valueDim, dropout = 0, useBias = true } = options;
    this.#settings = { numHeads, keyDim, valueDim: valueDim ?? keyDim, dropout, useBias };
  }

  /**
   * An input that is the same as another is left out: TF.js would dispose of it after the first use. One alone is
   * queries and values, and keys that are the values are not given.
   */
  override apply(
    inputs: tf.Tensor | tf.Tensor[] | tf.SymbolicTensor | tf.SymbolicTensor[],
    kwargs?: Record<string, unknown>,
  ): ReturnType<tf.layers.Layer["apply"]> {
    const [query, value = query, key = value, ...others] = [inputs].flat();
    if (!query || !value || !key || others.length > 0) throw this.#refuse(inputs);
    if (key === query && value !== query) throw this.#refuse("queries that are keys of other values");
    const distinct = key === value ? (value === query ? [query] : [query, value]) : [query, value, key];
    return super.apply(distinct as tf.SymbolicTensor[], kwargs as Parameters<tf.layers.Layer["apply"]>[1]);
  }

  /** @throws {RangeError} If the inputs are not of rank 3. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [query, value = query, key = value] = listShapes(inputShape);
    const { numHeads, keyDim, valueDim } = this.#settings;
    const [queries, values, keys] = [query, value, key].map((shape) => this.#readWidth(shape));
    if (queries === undefined || values === undefined || keys === undefined) throw this.#refuse(inputShape);
    this.#add("query", [queries, numHeads, keyDim], [numHeads, keyDim]);
    this.#add("key", [keys, numHeads, keyDim], [numHeads, keyDim]);
    this.#add("value", [values, numHeads, valueDim], [numHeads, valueDim]);
    this.#add("attention_output", [numHeads, valueDim, queries], [queries]);
    this.built = true;
  }

  #readWidth(shape: tf.Shape | undefined): number | undefined {
    return shape?.length === 3 && typeof shape[2] === "number" ? shape[2] : undefined;
  }

  #refuse(got: unknown): RangeRefusal {
    return new RangeRefusal(needs(`${this.name}`, "queries [N, T, D] and values [N, S, E]", got));
  }

  #add(name: string, kernel: readonly number[], bias: readonly number[]): void {
    this.#weights.set(`${name}/kernel`, this.addKernel(`${name}/kernel`, kernel));
    if (this.#settings.useBias) this.#weights.set(`${name}/bias`, this.addBias(`${name}/bias`, bias));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [query] = listShapes(inputShape);
    if (!query) throw this.#refuse(inputShape);
    return query;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Readonly<Record<string, unknown>> = {}): tf.Tensor {
    if (kwargs.mask)
      throw new RangeRefusal(
        needs(`${this.name}`, "sequences without masks (--engine onnxruntime trains it)", "a mask"),
      );
    return tf.tidy(() => {
      const [query, value = query, key = value] = [inputs].flat();
      if (!query || !value || !key) throw this.#refuse(inputs);
      const { keyDim } = this.#settings;
      const [q, k, v] = [this.#project("query", query), this.#project("key", key), this.#project("value", value)];
      const shares = tf.softmax(tf.matMul(tf.div(q, Math.sqrt(keyDim)), k, false, true));
      const dropped = kwargs.training === true && this.dropShares ? this.dropShares(shares) : shares;
      return this.#join(tf.transpose(tf.matMul(dropped, v), [0, 2, 1, 3]));
    });
  }

  /** [N, T, D] to [N, H, T, size]. */
  #project(name: string, x: tf.Tensor): tf.Tensor {
    const kernel = readWeight(this, this.#weights.get(`${name}/kernel`));
    const [rows = 1, length = 1, width = 1] = x.shape;
    const [, heads = 1, size = 1] = kernel.shape;
    const flat = tf.matMul(tf.reshape(x, [rows * length, width]), tf.reshape(kernel, [width, heads * size]));
    const split = tf.reshape(flat, [rows, length, heads, size]);
    return tf.transpose(this.#shift(name, split), [0, 2, 1, 3]);
  }

  /** [N, T, H, V] to [N, T, D]. */
  #join(x: tf.Tensor): tf.Tensor {
    const kernel = readWeight(this, this.#weights.get("attention_output/kernel"));
    const [rows = 1, length = 1] = x.shape;
    const width = elementAt(kernel.shape, 2);
    const flat = tf.matMul(tf.reshape(x, [rows * length, -1]), tf.reshape(kernel, [-1, width]));
    return this.#shift("attention_output", tf.reshape(flat, [rows, length, width]));
  }

  #shift(name: string, x: tf.Tensor): tf.Tensor {
    const bias = this.#weights.get(`${name}/bias`);
    return bias ? tf.add(x, readWeight(this, bias)) : x;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#settings };
  }
}

function listShapes(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
  const shapes = inputShape.filter((shape) => Array.isArray(shape));
  return shapes.length > 0 ? shapes : [takeShape(inputShape)];
}

tf.serialization.registerClass(MultiHeadAttention);

import { type AnyOptionRules, assertOptions } from "../../../../core/options/assert_options.ts";
import { anything, either, nothing, objectLike } from "../../../../core/options/value_rules.ts";
import { LAYER_RULES } from "../../layer_rules.ts";
import * as tf from "../../tensorflow.ts";
import { readInput } from "../masked_logits.ts";

/** How a kind of layer reads its settings. */
interface KernelLayerRules {
  readonly settings: AnyOptionRules;
  /** Its weights as the settings call them: "depthwise" for depthwise_kernel. */
  readonly weights: readonly string[];
}

/**
 * A layer of Keras's with weights, as Keras writes it: with initialisers, which a file's values replace, penalties of
 * weights, which strategies read in the layer's config, and without constraints.
 */
export abstract class KernelLayer extends tf.layers.Layer {
  readonly #regularizers: tf.serialization.ConfigDict;

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: object, className: string, { settings, weights }: KernelLayerRules) {
    assertOptions(className, options, { ...settings, ...weightRules(weights), ...LAYER_RULES });
    super(pickLayerOptions(options));
    this.#regularizers = Object.fromEntries(Object.entries(options).filter(([key]) => key.endsWith("Regularizer")));
  }

  protected addKernel(name: string, shape: readonly number[]): tf.LayerVariable {
    return this.addWeight(name, [...shape], "float32", tf.initializers.glorotUniform({}), undefined, true);
  }

  protected addBias(name: string, shape: readonly number[]): tf.LayerVariable {
    return this.addWeight(name, [...shape], "float32", tf.initializers.zeros(), undefined, true);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#regularizers };
  }
}

/** An activation by the name that TF.js has for it. */
export type ActivationName = Parameters<typeof tf.layers.activation>[0]["activation"];

/** What an activation of that name makes of y; y itself without one. */
export function activate(layer: tf.layers.Layer, y: tf.Tensor, activation: ActivationName | null): tf.Tensor {
  return activation === null ? y : readInput(layer, tf.layers.activation({ activation }).call(y, {}), 0);
}

/** The first of a layer's input shapes. */
export function takeShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
  const [first] = inputShape;
  return Array.isArray(first) ? first : inputShape.map((length) => (typeof length === "number" ? length : null));
}

/** What every layer of TF.js takes, of a layer's settings. */
export function pickLayerOptions(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([key]) => key in LAYER_RULES));
}

function weightRules(weights: readonly string[]): AnyOptionRules {
  const rules = weights.flatMap((weight) => [
    [`${weight}Initializer`, anything()],
    [`${weight}Regularizer`, either(objectLike("a regularizer", "config"), nothing())],
    [`${weight}Constraint`, nothing()],
  ]);
  return Object.fromEntries([...rules, ["activityRegularizer", nothing()]]);
}

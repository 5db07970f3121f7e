import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { LAYER_RULES } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { readInput } from "./masked_logits.ts";

/**
 * The reparameterisation of a variational autoencoder: means μ and log variances ln σ², [N, L] each, to μ + σ∘ε with ε
 * from N(0, 1) in training, and to μ in evaluation. Engines draw ε as they draw dropout masks, from the seed, the step,
 * the shard and the layer, so that it is the same on any number of workers.
 * @see Kingma and Welling 2014, Auto-Encoding Variational Bayes, arXiv:1312.6114
 */
export class GaussianSampling extends tf.layers.Layer {
  static readonly className = "GaussianSampling";

  /** @throws {TypeError} If an option has no such name. */
  constructor(options: { readonly name?: string } = {}) {
    assertOptions("GaussianSampling", options, LAYER_RULES);
    super({ ...options });
  }

  /** @throws {RangeError} If the inputs are not two of one shape [N, L]. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [means, variances, ...others] = inputShape.filter(Array.isArray);
    if (means?.length !== 2 || variances?.length !== 2 || means[1] !== variances[1] || others.length > 0) {
      throw new RangeRefusal(needs(`${this.name}`, "two inputs [N, L], means and log variances", inputShape));
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return elementAt(inputShape.filter(Array.isArray), 0);
  }

  /** Without noise, which engines add: see `addSamplingNoise`. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.clone(readInput(this, inputs, 0)));
  }
}

/** μ + e^(½ ln σ²)∘ε for ε as given, all [N, L]. The caller owns the result. */
export function addSamplingNoise(inputs: tf.Tensor | readonly tf.Tensor[], noise: tf.Tensor): tf.Tensor {
  const [means, logVariances] = inputs instanceof tf.Tensor ? [inputs] : inputs;
  if (!means || !logVariances) throw new TypeRefusal(needs("GaussianSampling", "means and log variances", inputs));
  return tf.tidy(() => tf.add(means, tf.mul(tf.exp(tf.mul(logVariances, 0.5)), noise)));
}

tf.serialization.registerClass(GaussianSampling);

import { describeValue, RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { listOf, number, wholeNumber } from "../core/options/value_rules.ts";
import { RandomStream } from "../core/random_stream.ts";
import { GaussianSampling } from "../engine/tfjs/layers/gaussian_sampling.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { callLayer } from "./growth/growing_classifier.ts";
import { initializeLikePyTorch } from "./model_initialization.ts";
import { assertModelSize } from "./model_size.ts";

/** A variational autoencoder as `VAETraining` trains it. Both models have the same decoder layers. */
export interface VariationalAutoencoder {
  /**
   * Samples to [N, D + 2L]: reconstructions [N, D] of flattened samples, then the latents' means [N, L] and log
   * variances [N, L].
   */
  readonly model: tf.LayersModel;
  /** The part from latents [N, L] to flattened samples [N, D], of the model's own layers. Dispose of it first. */
  createDecoder(): tf.LayersModel;
  /** L */
  readonly latentSize: number;
}

/** What `mlpVAE` is built from; every option has a default. */
export interface MLPVAEOptions {
  /** The shape of one sample; flattened. Default [28, 28, 1]. */
  readonly inputShape?: readonly number[];
  /** L, how many numbers a sample is drawn from. Default 32. */
  readonly latentSize?: number;
  /** Units of the encoder's hidden layers; the decoder has them in reverse. Default [400, 128]. */
  readonly hiddenSizes?: readonly number[];
  /** The least and the largest value that reconstructions have, by a stretched sigmoid. Default: any value. */
  readonly outputRange?: readonly [number, number];
  /** Seeds the weights; the same seed gives the same model. Default 0. */
  readonly seed?: number;
}

const MLP_VAE_RULES: OptionRules<MLPVAEOptions> = {
  inputShape: listOf(wholeNumber(1), 1),
  latentSize: wholeNumber(1),
  hiddenSizes: listOf(wholeNumber(1)),
  outputRange: listOf(number()),
  seed: wholeNumber(),
};

/**
 * A variational autoencoder of dense layers with ReLU, weights drawn as PyTorch draws them. Avalanche's MlpVAE
 * (Lomonaco et al. 2021, arXiv:2104.00405) without its batch normalisation, and with σ = e^(½ ln σ²), of which
 * Avalanche takes half. Layers are called flatten, encoder0, …, mean, log_variance, latent, decoder0, …,
 * reconstruction. The caller owns it.
 * @throws {RangeError} If an option is out of its range.
 * @see Kingma and Welling 2014, Auto-Encoding Variational Bayes, arXiv:1312.6114
 */
export function mlpVAE(options: MLPVAEOptions = {}): VariationalAutoencoder {
  assertOptions("mlpVAE", options, MLP_VAE_RULES);
  const { inputShape = [28, 28, 1], latentSize = 32, hiddenSizes = [400, 128], outputRange, seed = 0 } = options;
  const size = countElements(inputShape);
  assertModelSize("mlpVAE", [size, ...hiddenSizes, 2 * latentSize, ...hiddenSizes.toReversed(), size]);
  if (outputRange && !(outputRange.length === 2 && outputRange[0] < outputRange[1])) {
    throw new RangeRefusal(
      `mlpVAE: outputRange must be [low, high] with low below high, got ${describeValue(outputRange)}`,
    );
  }
  // Without this, the first tensor of a process prints an advertisement for tfjs-node.
  tf.enableProdMode();
  const input = tf.input({ shape: [...inputShape] });
  const flat = inputShape.length > 1 ? callLayer(input, tf.layers.flatten({ name: "flatten" })) : input;
  const encoded = createHiddenLayers("encoder", hiddenSizes).reduce(callLayer, flat);
  const mean = callLayer(encoded, createDense({ name: "mean", units: latentSize }));
  const logVariance = callLayer(encoded, createDense({ name: "log_variance", units: latentSize }));
  const latent = callLayer([mean, logVariance], new GaussianSampling({ name: "latent" }));
  const decoding = [
    ...createHiddenLayers("decoder", hiddenSizes.toReversed()),
    ...createReconstruction(size, outputRange),
  ];
  const outputs = tf.layers.concatenate({ name: "vae_output" });
  const reconstruction = decoding.reduce(callLayer, latent);
  const model = tf.model({
    name: "mlp_vae",
    inputs: input,
    outputs: callLayer([reconstruction, mean, logVariance], outputs),
  });
  initializeLikePyTorch(model, new RandomStream(seed, "init"));
  const createDecoder = () => {
    const drawn = tf.input({ shape: [latentSize] });
    return tf.model({ name: "mlp_vae_decoder", inputs: drawn, outputs: decoding.reduce(callLayer, drawn) });
  };
  return { model, createDecoder, latentSize };
}

function createHiddenLayers(name: string, sizes: readonly number[]): tf.layers.Layer[] {
  return sizes.map((units, i) => createDense({ name: `${name}${i}`, units, activation: "relu" }));
}

function createReconstruction(units: number, range: readonly [number, number] | undefined): tf.layers.Layer[] {
  const name = "reconstruction";
  if (!range) return [createDense({ name, units })];
  const [low, high] = range;
  const stretch = tf.layers.rescaling({ name: "stretched", scale: high - low, offset: low });
  return [createDense({ name, units, activation: "sigmoid" }), stretch];
}

/** Weights are drawn after building: zeros here spare every replica that loads the topology the default draws. */
function createDense(options: Parameters<typeof tf.layers.dense>[0]): tf.layers.Layer {
  return tf.layers.dense({ kernelInitializer: "zeros", biasInitializer: "zeros", ...options });
}

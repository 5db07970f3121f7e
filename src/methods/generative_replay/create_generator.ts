import { elementAt } from "../../core/element_at.ts";
import { fillDefaults } from "../../core/options/option_schema.ts";
import { hashSeed } from "../../core/random_stream.ts";
import { findRange } from "../../core/vector.ts";
import { readSamples } from "../../data/read_samples.ts";
import { mlpVAE } from "../../models/mlp_vae.ts";
import { Adam } from "../../optimizers/adam.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { GENERATOR_OPTIONS, type GeneratorOptions } from "./options.ts";
import { VAETraining } from "./vae_training.ts";

/** The least and the largest value of samples; undefined where they may have any. */
export type ValueRange = readonly [number, number] | undefined;

/** Enough to meet the darkest and the brightest pixel of any images. */
const MEASURED_SAMPLES = 1000;

/**
 * The range of the first samples that a strategy is about to train on, as its model sees them, where they are made of
 * bytes, as images are. Numbers of other kinds may be larger in later experiences.
 */
export function measureRange({ adaptedDataset }: Pick<BaseStrategy, "adaptedDataset">): ValueRange {
  const { sources } = adaptedDataset.dropUnusedSources();
  if (![...sources.values()].every(({ x }) => x instanceof Uint8Array)) return undefined;
  const count = Math.min(MEASURED_SAMPLES, adaptedDataset.length);
  const { data } = readSamples(adaptedDataset.subset(Int32Array.from({ length: count }, (_, i) => i)));
  const [low, high] = findRange(data);
  return low < high ? [low, high] : undefined;
}

/**
 * A variational autoencoder of dense layers for the samples of a strategy's model, with replicas, minibatches and
 * epochs like the strategy's, and random streams of its own. Its model belongs to it: closing disposes of it.
 */
export function createGenerator(
  strategy: BaseStrategy,
  { range, plugins, ...given }: GeneratorOptions & { range: ValueRange; plugins: readonly StrategyPlugin[] },
): VAETraining {
  const options = fillDefaults(given, GENERATOR_OPTIONS);
  const { latentSize, hiddenSizes, generatorLearningRate, beta } = options;
  const { trainMbSize, evalMbSize, seed, cluster } = strategy.options;
  const inputShape = elementAt(strategy.model.inputs, 0)
    .shape.slice(1)
    .map((length) => length ?? 1);
  // Replicas hold seeds in 32 bits with a sign.
  const ownSeed = hashSeed(seed, "generator") & 0x7fffffff;
  const output = range ? { outputRange: range } : {};
  const generator = mlpVAE({ inputShape, latentSize, hiddenSizes, seed: ownSeed, ...output });
  const training = new VAETraining({
    generator,
    beta,
    optimizer: new Adam({ learningRate: generatorLearningRate }),
    trainMbSize,
    evalMbSize,
    trainEpochs: options.generatorEpochs ?? strategy.trainEpochs,
    plugins,
    evaluator: null,
    seed: ownSeed,
    cluster,
  });
  training.closeWith({ close: async () => void generator.model.dispose() });
  return training;
}

import { addAbsolutes } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Criterion } from "../../training/losses/criterion.ts";

/** The mean over the minibatch of the squared length of the outputs: (1/B) Σ ‖z‖². Labels play no part. */
export const SQUARED_OUTPUT: Criterion = {
  evaluate({ data, shape: [rows = 1] }) {
    const sum = data.reduce((total, z) => total + z * z, 0);
    return { loss: sum / rows, dOutput: data.map((z) => (2 * z) / rows) };
  },
};

/**
 * How much the outputs' squared length depends on each parameter: the mean over the samples of the absolute gradient of
 * each one's own, without dropout. [P], the caller owns it.
 */
export async function computeSensitivity(strategy: BaseStrategy, dataset: Dataset): Promise<Float32Array> {
  const sensitivity = new Float32Array(strategy.cluster.model.layout.size);
  const loader = new SingleDatasetDataLoader({ dataset, batchSize: strategy.evalMbSize, shuffle: false });
  for (const samples of loader.iterate()) {
    const mean = await strategy.rowGradientsOn(samples, { measure: "absolute", criterion: SQUARED_OUTPUT });
    addScaled(sensitivity, mean, samples.length / dataset.length);
  }
  return sensitivity;
}

/**
 * The mean over training minibatches, in order and with dropout, of the absolute gradient of the minibatch's mean: what
 * Avalanche takes. Gradients of opposite signs cancel in it. [P], the caller owns it.
 */
export async function computeMinibatchSensitivity(strategy: BaseStrategy, dataset: Dataset): Promise<Float32Array> {
  const sensitivity = new Float32Array(strategy.cluster.model.layout.size);
  const loader = new SingleDatasetDataLoader({ dataset, batchSize: strategy.trainMbSize, shuffle: false });
  for (const samples of loader.iterate()) {
    const gradient = await strategy.gradientOn(samples, { training: true, criterion: SQUARED_OUTPUT });
    addAbsolutes(sensitivity, gradient, 1 / loader.length);
  }
  return sensitivity;
}

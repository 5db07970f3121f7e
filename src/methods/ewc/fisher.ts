import type { HostTensor } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { addSquares } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Criterion } from "../../training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../training/losses/cross_entropy_loss.ts";

/**
 * The diagonal of the Fisher information matrix at the current parameters, without dropout: the mean over the samples
 * of the squared gradient of each one's own loss. [P], the caller owns it.
 * @param criterion The loss; the strategy's own, with the samples' own labels (the empirical Fisher information), if
 * left out.
 */
export async function computeFisher(
  strategy: BaseStrategy,
  dataset: Dataset,
  criterion?: Criterion,
): Promise<Float32Array> {
  const fisher = new Float32Array(strategy.cluster.model.layout.size);
  const loader = new SingleDatasetDataLoader({ dataset, batchSize: strategy.evalMbSize, shuffle: false });
  for (const samples of loader.iterate()) {
    const options = { measure: "square", ...(criterion ? { criterion } : {}) } as const;
    addScaled(fisher, await strategy.rowGradientsOn(samples, options), samples.length / dataset.length);
  }
  return fisher;
}

/**
 * The mean over minibatches of the squared gradient of their mean loss, at the current parameters, without dropout:
 * what Avalanche calls importances. About 1/batchSize of the Fisher information. [P], the caller owns it.
 */
export async function computeMinibatchFisher(
  strategy: BaseStrategy,
  dataset: Dataset,
  batchSize: number,
): Promise<Float32Array> {
  const fisher = new Float32Array(strategy.cluster.model.layout.size);
  const loader = new SingleDatasetDataLoader({ dataset, batchSize, shuffle: false });
  for (const samples of loader.iterate()) addSquares(fisher, await strategy.gradientOn(samples), 1 / loader.length);
  return fisher;
}

/**
 * Cross-entropy with labels drawn from the model's own predictions: its squared gradients give the true Fisher
 * information.
 */
export function createSampledCriterion(stream: RandomStream): Criterion {
  const crossEntropy = new CrossEntropyLoss();
  return { evaluate: (output) => crossEntropy.evaluate(output, drawLabels(output, stream)) };
}

/** One class for each row of logits [B, C], drawn from their softmax. The caller owns the result. */
export function drawLabels({ data, shape: [rows = 0, width = 0] }: HostTensor, stream: RandomStream): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    const logits = data.subarray(row * width, (row + 1) * width);
    const logSum = logSumExp(logits);
    const probabilities = Array.from(logits, (logit) => Math.exp(logit - logSum));
    let left = stream.uniform();
    for (const [label, probability] of probabilities.entries()) {
      left -= probability;
      if (left < 0) return label;
    }
    // Rounding left a crumb: the likeliest class is as good as any.
    return probabilities.indexOf(Math.max(...probabilities));
  });
}

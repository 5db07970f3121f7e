import { describe, expect, test } from "bun:test";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss } from "../../../src/training/losses/regression_losses.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { createModel } from "../../support/recorded_network_model.ts";
import { withStrategy } from "./made_strategy.ts";
import { makeRow, RECORDED_TRAINING } from "./recorded_training.ts";

type Kind = "values" | "labels" | "classes";

const CASES: Readonly<Record<keyof typeof RECORDED_TRAINING, readonly [Kind, Criterion]>> = {
  huber: ["values", new HuberLoss({ delta: 0.5 })],
  posWeight: ["labels", new BCEWithLogitsLoss({ posWeight: [3, 0.5, 2] })],
  sigmoidFocal: ["labels", new FocalLoss({ gamma: 2, alpha: 0.25 })],
  balanced: ["classes", new CrossEntropyLoss({ classWeights: "balanced", labelSmoothing: 0.1 })],
  weighted: ["classes", new CrossEntropyLoss({ classWeights: [1, 5] })],
  softmaxFocal: ["classes", new FocalLoss({ gamma: 1.5, alpha: [0.5, 2] })],
};

function makeBenchmark(kind: Kind) {
  const months = [0, 1].map((month) => {
    const rows = Array.from({ length: 12 }, (_, i) => makeRow(month, i));
    const x = Float32Array.from(rows.flatMap((row) => row.x));
    const name = `month ${month}`;
    if (kind === "classes") return createArrayDataset({ name, x, sampleShape: [3], y: rows.map(({ y }) => y) });
    const targets = rows.map((row) => row[kind]);
    return createArrayDataset({
      name,
      x,
      sampleShape: [3],
      ...(kind === "values" ? { values: targets } : { labels: targets }),
    });
  });
  return createDatasetBenchmark({ name: "months", train: months, test: months });
}

describe("training by a criterion", () => {
  for (const [name, [kind, criterion]] of Object.entries(CASES)) {
    for (const engine of ["onnxruntime", "tfjs"] as const) {
      test(`comes to PyTorch's parameters over two months: ${name}, by ${engine}`, async () => {
        const numClasses = kind === "labels" ? 3 : 2;
        const strategy = new Naive({
          model: createModel({ inputShape: [3], numClasses }),
          optimizer: new SGD({ learningRate: 0.05, momentum: 0.9 }),
          criterion,
          trainMbSize: 12,
          trainEpochs: 15,
          evaluator: null,
          cluster: { workers: 0, logicalShards: 2, engine },
        });
        await withStrategy(strategy, async () => {
          await strategy.train(makeBenchmark(kind).trainStream);
          const recorded = RECORDED_TRAINING[name as keyof typeof RECORDED_TRAINING];
          expect(measureDifference(strategy.parameters, recorded)).toBeLessThan(2e-5);
        });
      });
    }
  }
});

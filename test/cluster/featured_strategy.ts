import type { ClusterOptions } from "../../src/cluster/cluster_options.ts";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { onnxModel } from "../../src/models/onnx_model.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";

const path = new URL("../onnx/import/networks/resnet.legacy.onnx", import.meta.url).pathname;
/** Of the samples. */
export const sampleShape = [12, 12, 3];

/** Two experiences of images, made of sines. */
export function makeBenchmark() {
  const size = 12 * 12 * 3;
  const make = (name: string, count: number, shift: number) =>
    createArrayDataset({
      name,
      x: Float32Array.from({ length: count * size }, (_, i) => Math.sin(i * 0.37 + shift)),
      y: Array.from({ length: count }, (_, i) => i % 3),
      sampleShape,
    });
  const train = [make("first", 64, 0), make("second", 40, 1)];
  return createDatasetBenchmark({ name: "images", train, test: [make("test", 8, 2)] });
}

/** A strategy with its features where `cluster` says. */
export function createStrategy(
  trainable: string,
  cluster: ClusterOptions,
  { trainEpochs = 3, plugins = [] }: { trainEpochs?: number; plugins?: readonly StrategyPlugin[] } = {},
) {
  return new Naive({
    plugins,
    model: onnxModel({ path, trainable: [trainable], inputShape: sampleShape, numClasses: 3 }),
    optimizer: new SGD({ learningRate: 0.1 }),
    trainMbSize: 32,
    trainEpochs,
    evaluator: null,
    cluster: { ...cluster, logicalShards: 2, engine: "onnxruntime" },
  });
}

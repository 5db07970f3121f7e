import { describe, expect, test } from "bun:test";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { onnxModel } from "../../src/models/onnx_model.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";

const path = new URL("../onnx/import/networks/resnet.legacy.onnx", import.meta.url).pathname;
const sampleShape = [12, 12, 3];

/** Two experiences of images, made of sines. */
function makeBenchmark() {
  const size = 12 * 12 * 3;
  const make = (name: string, count: number, shift: number) =>
    createArrayDataset({
      name,
      x: Float32Array.from({ length: count * size }, (_, i) => Math.sin(i * 0.37 + shift)),
      y: Array.from({ length: count }, (_, i) => i % 3),
      sampleShape,
    });
  const train = [make("first", 24, 0), make("second", 20, 1)];
  return createDatasetBenchmark({ name: "images", train, test: [make("test", 8, 2)] });
}

async function train(trainable: string, cluster: { readonly workers: number; readonly featureCacheBytes: number }) {
  const model = onnxModel({ path, trainable: [trainable], inputShape: sampleShape, numClasses: 3 });
  const strategy = new Naive({
    model,
    optimizer: new SGD({ learningRate: 0.1 }),
    trainMbSize: 8,
    trainEpochs: 3,
    evaluator: null,
    cluster: { ...cluster, logicalShards: 2, engine: "onnxruntime" },
  });
  const benchmark = makeBenchmark();
  await strategy.train(benchmark.trainStream);
  const parameters = strategy.parameters.slice();
  await strategy.close();
  return parameters;
}

describe("featureCacheBytes", () => {
  // A classifier on eight features; and a block behind a part of the network that gives [6, 6, 6].
  for (const [trainable, size] of [
    ["none", 8],
    ["layer2.*", 6 * 6 * 6],
  ] as const) {
    test(`changes no bit of what is trained, on 0, 1 and 2 workers, when that is ${trainable} of a network`, async () => {
      const wanted = await train(trainable, { workers: 0, featureCacheBytes: 0 });
      expect(wanted.some((value) => value !== 0)).toBe(true);
      for (const workers of [0, 1, 2]) {
        // Room for all samples, and for three of them.
        for (const featureCacheBytes of [1e6, 3 * 2 * size * 4]) {
          expect(await train(trainable, { workers, featureCacheBytes })).toEqual(wanted);
        }
      }
    }, 60_000);
  }
});

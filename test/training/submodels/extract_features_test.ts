import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { readSamples } from "../../../src/data/read_samples.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { findFeatureLayer } from "../../../src/training/model/named_layer.ts";
import { findFeatureReplicas } from "../../../src/training/submodels/find_feature_replicas.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createNestedModel, NESTINGS } from "../../support/nested_model.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const benchmark = makeBenchmark();
const { dataset } = benchmark.testStream.at(0);

describe("extractFeatures()", () => {
  test("gives the hidden units of the trained model, without dropout, in as many minibatches as it takes", async () => {
    const strategy = new Naive(makeOptions({ dropout: 0.5, evalMbSize: 5 }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      const features = await strategy.extractFeatures(dataset);
      expect(features.shape).toEqual([dataset.length, 8]);
      // 6-8-4: kernel and bias of the hidden layer come first.
      const { parameters } = strategy;
      const x = readSamples(dataset).data;
      const wanted = Array.from({ length: dataset.length * 8 }, (_, i) => {
        const [row, unit] = [Math.floor(i / 8), i % 8];
        let sum = parameters[48 + unit] ?? 0;
        for (let j = 0; j < 6; j++) sum += (x[row * 6 + j] ?? 0) * (parameters[j * 8 + unit] ?? 0);
        return Math.max(0, sum);
      });
      expect(measureDifference(features.data, wanted)).toBeLessThan(1e-5);
    });
  });

  for (const nesting of NESTINGS) {
    test(`gives what a model within the model answers, when that ${nesting}`, async () => {
      const model = createNestedModel(nesting);
      await withStrategy(new Naive(makeOptions({ model })), async (strategy) => {
        await strategy.train(benchmark.trainStream);
        const features = await strategy.extractFeatures(dataset);
        expect(features.shape).toEqual([dataset.length, 3]);
        expect(await strategy.extractFeatures(dataset, "trunk")).toEqual(features);
        // 3·4 weights and 4 biases of the head come last.
        const head = strategy.parameters.slice(-16);
        const { data: outputs } = await strategy.forwardWith(strategy.parameters, dataset);
        const wanted = outputs.map((_, i) => {
          const [row, unit] = [Math.floor(i / 4), i % 4];
          let sum = head[12 + unit] ?? 0;
          for (let j = 0; j < 3; j++) sum += (features.data[row * 3 + j] ?? 0) * (head[j * 4 + unit] ?? 0);
          return sum;
        });
        expect(measureDifference(outputs, wanted)).toBeLessThan(1e-5);
      });
    });
  }

  test("gives any layer by name, and refuses layers that there are not", async () => {
    const model = mlp({ ...SMALL_MLP });
    const strategy = new Naive(makeOptions({ model }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      const last = model.layers.at(-1)?.name ?? "";
      const outputs = await strategy.forwardWith(strategy.parameters, dataset);
      expect(measureDifference((await strategy.extractFeatures(dataset, last)).data, outputs.data)).toBeLessThan(1e-5);
      await expect(strategy.extractFeatures(dataset, `${last}x`)).rejects.toThrow(`did you mean ${last}`);
    });
  });

  test("refuses a model that has no layer before the last, unless one is named", async () => {
    const model = mlp({ ...SMALL_MLP, hiddenLayers: 0 });
    await withStrategy(new Naive(makeOptions({ model })), async (strategy) => {
      await strategy.train(benchmark.trainStream);
      await expect(strategy.extractFeatures(dataset)).rejects.toThrow("a model with a layer before the last");
    });
  });

  test("gives what replicas of the part give, bit for bit", async () => {
    const strategy = new Naive(makeOptions({ cluster: { workers: 0, logicalShards: 3 } }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      const replicas = await findFeatureReplicas(strategy, findFeatureLayer(strategy.model));
      expect(await strategy.extractFeatures(dataset)).toEqual(await replicas.forward(strategy.cluster, dataset));
    });
  });

  test("starts no Workers beside the strategy's own", async () => {
    let started = 0;
    const { Worker: PlainWorker } = globalThis;
    globalThis.Worker = class extends PlainWorker {
      constructor(...options: ConstructorParameters<typeof PlainWorker>) {
        super(...options);
        started += 1;
      }
    };
    try {
      const plugins = [new NCMPlugin({ memSize: 16 })];
      await withStrategy(new Naive(makeOptions({ plugins, cluster: { workers: 2 } })), async (strategy) => {
        await strategy.train(benchmark.trainStream);
        await strategy.eval(benchmark.testStream);
      });
    } finally {
      globalThis.Worker = PlainWorker;
    }
    expect(started).toBe(2);
  });

  test("leaves no tensor behind", async () => {
    const strategy = new Naive(makeOptions());
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      await strategy.extractFeatures(dataset);
      const before = tf.memory().numTensors;
      await strategy.extractFeatures(dataset);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

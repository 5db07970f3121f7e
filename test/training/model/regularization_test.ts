import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { copyToSharedInt32, createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { listRegularizers } from "../../../src/engine/tfjs/regularizers.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { tfjsModel } from "../../../src/models/tfjs_model.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../loop/made_strategy.ts";

const KERAS = fileURLToPath(new URL("../../models/layers_file/keras/", import.meta.url));

interface Recorded {
  readonly samples: number[];
  readonly labels: number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, number[]>>;
}

/** The loss and the gradient, by weight, of one step on Keras's samples with a learning rate of 1. */
async function step(name: string, engine: "onnxruntime" | "tfjs", recorded: Recorded) {
  const model = await tfjsModel({ path: join(KERAS, name), head: "keep" });
  const sampleShape = model.inputs[0]?.shape.slice(1).map(Number) ?? [];
  const x = createSharedFloat32(recorded.samples.length);
  x.set(recorded.samples);
  const y = copyToSharedInt32(recorded.labels);
  const dataset = Dataset.fromSource(
    createDataSource({ name: "keras", x, y, sampleShape, taskLabel: 0, transforms: [] }),
  );
  const { trainStream } = createDatasetBenchmark({ name: "keras", train: [dataset], test: [dataset] });
  const optimizer = new SGD({ learningRate: 1 });
  let loss = Number.NaN;
  const listener = {
    traits: [],
    afterTrainingIteration: (strategy: { readonly loss: number }) => {
      loss = strategy.loss;
    },
  };
  const options = { model, optimizer, plugins: [listener], trainMbSize: 4, cluster: { workers: 0, engine } };
  return withStrategy(new Naive(makeOptions(options)), async (strategy) => {
    await strategy.start();
    const before = strategy.parameters.slice();
    await strategy.train(trainStream);
    const moved = strategy.parameters.map((value, i) => (before[i] ?? 0) - value);
    const { entries } = strategy.cluster.model.layout;
    return { loss, moved: new Map(entries.map((e) => [e.name, moved.slice(e.offset, e.offset + e.size)])) };
  });
}

describe("a step on a regularised network of Keras", () => {
  for (const name of ["mobilenet", "nested", "recurrent"]) {
    for (const engine of ["onnxruntime", "tfjs"] as const) {
      test(`has the loss and the gradient that Keras has: ${name} on ${engine}`, async () => {
        const recorded: Recorded = JSON.parse(readFileSync(join(KERAS, name, "recorded.json"), "utf8"));
        const { loss, moved } = await step(name, engine, recorded);
        expect(loss).toBeCloseTo(recorded.loss, 5);
        // TensorFlow names the cell of a recurrent layer, too.
        const wanted = Object.entries(recorded.gradients).map(
          ([weight, values]) => [weight.replace(/\/(lstm|gru)_cell(_\d+)?\//, "/"), values] as const,
        );
        expect(wanted.map(([weight]) => weight).sort()).toEqual([...moved.keys()].sort());
        for (const [weight, values] of wanted) {
          for (const [i, value] of values.entries()) expect(moved.get(weight)?.[i]).toBeCloseTo(value, 4);
        }
      });
    }
  }
});

const l1l2 = { l1: 0.01, l2: 0.02 };

function createModel(regularizer?: ReturnType<typeof tf.regularizers.l1l2>): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 5 });
  const kernelRegularizer = regularizer ? { kernelRegularizer: regularizer } : {};
  return tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [6], units: 8, activation: "tanh", kernelInitializer, ...kernelRegularizer }),
      tf.layers.dense({ units: 4, kernelInitializer }),
    ],
  });
}

describe("a regularised model", () => {
  test("is trained alike by any number of workers, and otherwise than without", async () => {
    const train = (workers: number, regularizer?: ReturnType<typeof tf.regularizers.l1l2>) =>
      trainParameters(
        new Naive(makeOptions({ model: createModel(regularizer), cluster: { workers, logicalShards: 2 } })),
      );
    const alone = await train(0, tf.regularizers.l1l2(l1l2));
    expect(await train(1, tf.regularizers.l1l2(l1l2))).toEqual(alone);
    expect(await train(2, tf.regularizers.l1l2(l1l2))).toEqual(alone);
    expect(await train(0)).not.toEqual(alone);
  });

  test("leaves a frozen weight out of the loss", async () => {
    const model = createModel(tf.regularizers.l1l2(l1l2));
    const [first] = model.layers;
    if (first) first.trainable = false;
    const plain = createModel();
    if (plain.layers[0]) plain.layers[0].trainable = false;
    expect(await trainParameters(new Naive(makeOptions({ model })))).toEqual(
      await trainParameters(new Naive(makeOptions({ model: plain }))),
    );
  });

  test("keeps its penalty where its head grows", async () => {
    const { withGrowingHead } = await import("../../../src/models/growth/growing_classifier.ts");
    const grow = () => withGrowingHead(createModel(tf.regularizers.l2({ l2: 10 })), "incremental");
    const optimizer = new SGD({ learningRate: 0.02 });
    await withStrategy(new Naive(makeOptions({ model: grow(), optimizer, trainEpochs: 4 })), async (strategy) => {
      await strategy.train(makeBenchmark().trainStream);
      const norm = Math.hypot(...strategy.parameters.slice(0, 48));
      expect(norm).toBeLessThan(0.1);
    });
  });
});

test("listRegularizers() refuses what is no L1 or L2 of a weight, by the layer's name", () => {
  const layer = tf.layers.dense({ name: "fc", inputShape: [3], units: 2 });
  const model = tf.sequential({ layers: [layer] });
  Object.assign(layer, { activityRegularizer: tf.regularizers.l2() });
  expect(() => listRegularizers(model)).toThrow('layer "fc" needs no activityRegularizer');
  model.dispose();
});

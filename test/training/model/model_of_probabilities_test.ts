import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { readSamples } from "../../../src/data/read_samples.ts";
import { IncrementalClassifier } from "../../../src/engine/tfjs/layers/incremental_classifier.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { exportStrategy } from "../../../src/runs/exports/export_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

type End = "linear" | "softmax" | "sigmoid";

/** The same weights, whatever the end. */
function createModel(activation: End, hasOwnLayer = false): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 5 });
  const dense = { units: 4, kernelInitializer };
  return tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [6], units: 8, activation: "relu", kernelInitializer }),
      ...(hasOwnLayer
        ? [tf.layers.dense(dense), tf.layers.activation({ activation })]
        : [tf.layers.dense({ ...dense, activation })]),
    ],
  });
}

async function train(options: Partial<StrategyOptions>) {
  return withStrategy(new Naive(makeOptions({ trainEpochs: 2, ...options })), async (strategy) => {
    await strategy.train(trainStream);
    const predictions = await strategy.predict(testStream.at(0).dataset);
    return { parameters: strategy.parameters.slice(), predictions, model: strategy.model };
  });
}

describe("a strategy with a loss of logits trains a model of probabilities as the same model of logits,", () => {
  for (const engine of ["onnxruntime", "tfjs"] as const) {
    for (const workers of engine === "tfjs" ? [0] : [0, 2]) {
      test(`when ${engine} computes with ${workers} workers`, async () => {
        const cluster = { engine, workers, logicalShards: 2 };
        const logits = await train({ model: createModel("linear"), cluster });
        for (const hasOwnLayer of [false, true]) {
          const chances = await train({ model: createModel("softmax", hasOwnLayer), cluster });
          expect(chances.parameters).toEqual(logits.parameters);
          expect(chances.predictions.probabilities.data).toEqual(logits.predictions.probabilities.data);
        }
      });
    }
  }

  test("when the end is a sigmoid and the loss binary cross-entropy", async () => {
    const criterion = new BCEWithLogitsLoss();
    const logits = await train({ model: createModel("linear"), criterion });
    const chances = await train({ model: createModel("sigmoid"), criterion });
    expect(chances.parameters).toEqual(logits.parameters);
  });

  test("and the model itself goes on to give the probabilities that are predicted", async () => {
    const { model, predictions } = await train({ model: createModel("softmax") });
    const { data } = readSamples(testStream.at(0).dataset);
    const outputs = [model.predict(tf.tensor2d(data.slice(), [data.length / 6, 6]))].flat()[0];
    const wanted = await outputs?.data();
    predictions.probabilities.data.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted?.[i] ?? Number.NaN, 5);
    });
  });

  test("when its head grows, and the wider model ends in a softmax as well", async () => {
    const model = () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ inputShape: [6], units: 8, kernelInitializer: tf.initializers.glorotUniform({ seed: 5 }) }),
          new IncrementalClassifier({ name: "classifier", units: 2 }),
          tf.layers.softmax(),
        ],
      });
    const options = makeOptions({ model: model() });
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(trainStream);
      const { values } = await strategy.predict(testStream.at(0).dataset);
      expect(Math.min(...values.data)).toBeLessThan(-1);
      expect(strategy.model.layers.at(-1)?.getClassName()).toBe("Softmax");
      expect(strategy.model.outputs[0]?.shape).toEqual([null, 4]);
    });
  });
});

test("a loss that is a function gets the model's own outputs", async () => {
  const seen: number[] = [];
  const criterion = (output: tf.Tensor2D) => {
    seen.push(...output.sum(1).dataSync());
    return output.square().mean<tf.Scalar>();
  };
  await train({ model: createModel("softmax"), criterion });
  for (const sum of seen) expect(sum).toBeCloseTo(1, 5);
});

test("exportStrategy() writes the logits of a model of probabilities", async () => {
  const benchmark = makeBenchmark();
  await withStrategy(new Naive(makeOptions({ model: createModel("softmax") })), async (strategy) => {
    const experience = benchmark.trainStream.at(0);
    await strategy.train(experience);
    // Compared with what the strategy predicts, by itself.
    const { bytes } = await exportStrategy(strategy, { benchmark, experience });
    expect(decodeModel(bytes).graph.nodes.map(({ op }) => op)).toEqual(["Gemm", "Relu", "Gemm"]);
  });
});

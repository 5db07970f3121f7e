import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { LazyWeights } from "../../src/models/lazy_weights.ts";
import { collectGarbage } from "../support/collect_garbage.ts";

function createModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "zeros", name: "dense" }),
      tf.layers.batchNormalization({ name: "norm" }),
    ],
  });
}

/** kernel 2, bias 1, gamma 1, beta 1; moving mean and variance. */
const followed = () => ({ parameters: Float32Array.of(1, 2, 3, 1, 0), state: Float32Array.of(0, 1 - 0.001) });

describe("LazyWeights", () => {
  test("predict(), getWeights() and read() see the followed vectors, as they are when looked at", () => {
    const ways: readonly ((model: tf.LayersModel) => number | undefined)[] = [
      (model) => tf.tidy(() => (model.predict(tf.tensor2d([[1, 1]])) as tf.Tensor).dataSync()[0]),
      (model) =>
        model
          .getWeights()[0]
          ?.dataSync<"float32">()
          .reduce((sum, value) => sum + value, 3),
      (model) =>
        model.weights[0]
          ?.read()
          .dataSync<"float32">()
          .reduce((sum, value) => sum + value, 3),
    ];
    for (const look of ways) {
      const model = createModel();
      const vectors = followed();
      LazyWeights.of(model).follow(vectors);
      vectors.parameters[0] = 5;
      expect(Math.abs((look(model) ?? 0) - 10)).toBeLessThan(1e-3);
      // Looked at: what comes later is not seen until it is followed again.
      vectors.parameters[0] = 1;
      expect(Math.abs((look(model) ?? 0) - 10)).toBeLessThan(1e-3);
      LazyWeights.of(model).follow(vectors);
      expect(Math.abs((look(model) ?? 0) - 6)).toBeLessThan(1e-3);
      model.dispose();
    }
  });

  test("leaves no tensor and copies nothing, when the model is disposed of", () => {
    const before = tf.memory().numTensors;
    const model = createModel();
    LazyWeights.of(model).follow(followed());
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => model.weights[0]?.read()).toThrow("disposed");
  });

  test("of() is one for each model: who follows last is seen", () => {
    const model = createModel();
    LazyWeights.of(model).follow(followed());
    LazyWeights.of(model).follow({ ...followed(), parameters: Float32Array.of(7, 0, 0, 1, 0) });
    expect(model.getWeights()[0]?.dataSync()[0]).toBe(7);
    expect(LazyWeights.of(model)).toBe(LazyWeights.of(model));
    model.dispose();
  });

  test("keeps no vectors once their values are copied, though TF.js keeps the weights of a model for ever", async () => {
    const models: tf.Sequential[] = [];
    const followMany = () =>
      Array.from({ length: 20 }, () => {
        const model = createModel();
        models.push(model);
        const source = followed();
        LazyWeights.of(model).follow(source);
        LazyWeights.of(model).settle();
        return new WeakRef(source);
      });
    const sources = followMany();
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve));
      collectGarbage();
    }
    // A few may still be on the stack.
    expect(sources.filter((source) => source.deref()).length).toBeLessThan(10);
    for (const model of models) {
      expect(model.getWeights()[0]?.dataSync()[0]).toBe(1);
      model.dispose();
    }
  });
});

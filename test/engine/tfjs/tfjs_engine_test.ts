import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { fillDropoutMask } from "../../../src/engine/dropout_mask.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { createTfjsEngine } from "../../../src/engine/tfjs/tfjs_engine.ts";
import {
  catchError,
  computeGradient,
  computeOutputs,
  drawInput,
  drawObjective,
  drawVectors,
  KEY,
  measureDifference,
  takeApart,
} from "../engine_fixtures.ts";

// Whichever backend this process has: what is tested here is the same on all.
function createEngine(model: tf.LayersModel): Promise<Engine> {
  return createTfjsEngine({ topology: takeApart(model).topology });
}

/** y = scale · x: a class as a user would write it. */
class Scale extends tf.layers.Layer {
  static readonly className = "Scale";
  #scale: tf.LayerVariable | undefined;

  override build(): void {
    this.#scale = this.addWeight("scale", [1], "float32", tf.initializers.ones());
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = Array.isArray(inputs) ? inputs : [inputs];
    if (!x || !this.#scale) throw new TypeError("Not built");
    return tf.mul(x, this.#scale.read());
  }
}
tf.serialization.registerClass(Scale);

describe("createTfjsEngine", () => {
  test("createTfjsEngine() computes with custom layers, when their class is registered", async () => {
    const engine = await createEngine(
      tf.sequential({
        layers: [new Scale({ name: "scale", inputShape: [5] }), tf.layers.dense({ name: "out", units: 3 })],
      }),
    );
    expect(engine.layout.entries[0]?.name).toBe("scale/scale");
    const vectors = drawVectors(engine);
    const { gradient } = await computeGradient(engine, vectors, drawInput(4), drawObjective("mse", 4));
    expect(gradient[0]).not.toBe(0);
    await engine.close();
  });

  test("createTfjsEngine() gives frozen layers no gradient and keeps them in the state, when there are some", async () => {
    const engine = await createEngine(
      tf.sequential({
        layers: [
          tf.layers.dense({ name: "frozen", inputShape: [5], units: 4, trainable: false }),
          tf.layers.dense({ name: "out", units: 3 }),
        ],
      }),
    );
    expect(engine.layout.entries.map((entry) => entry.name)).toEqual(["out/kernel", "out/bias"]);
    expect(engine.stateLayout.entries.map((entry) => entry.name)).toEqual(["frozen/kernel", "frozen/bias"]);
    const vectors = drawVectors(engine);
    const state = vectors.state.slice();
    await computeGradient(engine, vectors, drawInput(4), drawObjective("mse", 4));
    expect(vectors.state).toEqual(state);
    await engine.close();
  });

  test("forward() counts the dropout layers of nested models in model order, when there are some", async () => {
    const inner = tf.sequential({ name: "inner", layers: [tf.layers.dropout({ rate: 0.5, inputShape: [5] })] });
    const rates = [0, 0.25];
    const layers = [inner, ...rates.map((rate) => tf.layers.dropout({ rate }))];
    const engine = await createEngine(
      tf.sequential({ layers: [...layers, tf.layers.dense({ units: 5, useBias: false })] }),
    );
    const identity = Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    const input = drawInput(4);
    const outputs = await computeOutputs(engine, { parameters: identity, state: new Float32Array(0) }, input);
    const [first, third] = [new Float32Array(20), new Float32Array(20)];
    fillDropoutMask(first, 0.5, KEY, 0);
    fillDropoutMask(third, 0.25, KEY, 2);
    const wanted = input.x.data.map((value, i) => value * (first[i] ?? 0) * (third[i] ?? 0));
    expect(measureDifference(outputs, wanted)).toBeLessThan(1e-6);
    await engine.close();
  });

  test("gradient() refuses what does not fit the model, when called", async () => {
    const engine = await createEngine(tf.sequential({ layers: [tf.layers.dense({ inputShape: [5], units: 3 })] }));
    const vectors = drawVectors(engine);
    const [input, objective] = [drawInput(4), drawObjective("mse", 4)];
    const refuse = async (run: Promise<unknown>, message: string) => {
      const error = await catchError(run);
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain(message);
    };
    await refuse(
      computeGradient(engine, vectors, drawInput(4, { sampleShape: [6] }), objective),
      "samples of shape [5]",
    );
    await refuse(computeGradient(engine, vectors, drawInput(3), objective), "9 outputs");
    await refuse(computeOutputs(engine, { ...vectors, parameters: new Float32Array(3) }, input), "length 18");
    await refuse(engine.backward(vectors, input, new Float32Array(12), new Float32Array(1)), "18 gradient");
    await engine.close();
  });
});

describe("createTfjsEngine() and batch normalisation", () => {
  function createNormalisedEngine(): Promise<Engine> {
    return createEngine(
      tf.sequential({
        layers: [
          tf.layers.batchNormalization({ name: "norm", inputShape: [2], momentum: 0.9 }),
          tf.layers.dense({ name: "out", units: 2 }),
        ],
      }),
    );
  }
  const input = { ...drawInput(2, { sampleShape: [2] }), x: { data: Float32Array.of(1, 2, 3, 6), shape: [2, 2] } };
  const START = Float32Array.of(0.5, 0.5, 1, 1);
  // 0.9 of what was, and 0.1 of the batch's means (2, 4) and variances (1, 4).
  const AFTER = Float32Array.of(0.65, 0.85, 1, 1.3);

  test('forward() and gradient() write moving statistics into the state, when the mode is "train"', async () => {
    const engine = await createNormalisedEngine();
    const vectors = { ...drawVectors(engine), state: START.slice() };
    await computeOutputs(engine, vectors, input);
    expect(measureDifference(vectors.state, AFTER)).toBeLessThan(1e-6);
    vectors.state.set(START);
    await computeGradient(engine, vectors, input, drawObjective("mse", 2, 2));
    expect(measureDifference(vectors.state, AFTER)).toBeLessThan(1e-6);
    await engine.close();
  });

  test('forward() leaves the state and uses it, when the mode is "eval"', async () => {
    const engine = await createNormalisedEngine();
    const parameters = Float32Array.of(1, 1, 0, 0, 1, 0, 0, 1, 0, 0);
    const vectors = { parameters, state: Float32Array.of(1, 2, 4, 16) };
    const outputs = await computeOutputs(engine, vectors, { ...input, mode: "eval" });
    expect(measureDifference(outputs, Float32Array.of(0, 0, 1, 1))).toBeLessThan(1e-3);
    expect([...vectors.state]).toEqual([1, 2, 4, 16]);
    await engine.close();
  });

  test("backward() leaves the state alone and equals gradient(), after a forward() that changed it", async () => {
    const engine = await createNormalisedEngine();
    const vectors = { ...drawVectors(engine), state: START.slice() };
    const outputs = await computeOutputs(engine, vectors, input);
    const objective = { kind: "mse" as const, targets: new Float32Array(4), weights: Float32Array.of(1, 1) };
    const split = new Float32Array(engine.layout.size);
    // The derivative of the mean over two outputs of their squares is the output itself.
    await engine.backward(vectors, input, outputs, split);
    expect(measureDifference(vectors.state, AFTER)).toBeLessThan(1e-6);
    const { gradient } = await computeGradient(engine, vectors, input, objective);
    expect(measureDifference(split, gradient)).toBeLessThan(1e-5);
    await engine.close();
  });
});

test("forward() leaves the statistics of a frozen batch normalisation in a wrapper as they are, when training", async () => {
  const layer = tf.layers.batchNormalization({ trainable: false });
  const engine = await createEngine(
    tf.sequential({
      layers: [
        tf.layers.timeDistributed({ inputShape: [2, 3], layer }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3 }),
      ],
    }),
  );
  const vectors = drawVectors(engine);
  const before = vectors.state.slice();
  const input = drawInput(4, { sampleShape: [2, 3] });
  const training = await computeOutputs(engine, vectors, input);
  expect(vectors.state).toEqual(before);
  expect(training).toEqual(await computeOutputs(engine, vectors, { ...input, mode: "eval" }));
  await engine.close();
});

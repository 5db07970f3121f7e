import { afterAll, beforeAll, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import type { Engine, ModelVectors } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import {
  catchError,
  computeGradient,
  computeOutputs,
  drawInput,
  drawObjective,
  drawVectors,
  FEATURES,
  measureDifference,
  takeApart,
} from "./engine_fixtures.ts";

const MOMENTUM = 0.75;

/** What training does to the layers' state, and what leaves it alone. */
export function describeState(create: (topology: ModelTopology) => Promise<Engine>, tolerance: number): void {
  const { topology } = takeApart(
    tf.sequential({
      layers: [
        tf.layers.batchNormalization({ name: "norm", inputShape: [FEATURES], momentum: MOMENTUM }),
        tf.layers.dense({ units: 3 }),
      ],
    }),
  );
  const opened: Engine[] = [];
  beforeAll(async () => {
    opened.push(await create(topology));
  });
  afterAll(() => opened[0]?.close());
  const open = (): { engine: Engine; vectors: ModelVectors } => {
    const [engine] = opened;
    if (!engine) throw new Error("The engine is opened before the tests, not when they are declared");
    return { engine, vectors: drawVectors(engine) };
  };

  test("forward() and gradient() move the averages by 1 − momentum of the way, when training", async () => {
    const { engine, vectors } = open();
    const input = drawInput(6);
    const wanted = moveAverages(vectors.state, input.x.data);
    const other = { ...vectors, state: vectors.state.slice() };
    await computeOutputs(engine, vectors, input);
    expect(measureDifference(vectors.state, wanted)).toBeLessThan(tolerance);
    await computeGradient(engine, other, input, drawObjective("cross-entropy", 6));
    expect(measureDifference(other.state, wanted)).toBeLessThan(tolerance);
  });

  test('backward(), and every call in mode "eval", leave the state as it was', async () => {
    const { engine, vectors } = open();
    const before = vectors.state.slice();
    const [input, objective] = [drawInput(6), drawObjective("cross-entropy", 6)];
    await engine.backward(vectors, input, objective.targets, new Float32Array(engine.layout.size));
    await computeOutputs(engine, vectors, { ...input, mode: "eval" });
    await computeGradient(engine, vectors, { ...input, mode: "eval" }, objective);
    expect(vectors.state).toEqual(before);
  });

  test("gradient() does not depend on the averages, when training", async () => {
    const { engine, vectors } = open();
    const [input, objective] = [drawInput(6), drawObjective("cross-entropy", 6)];
    const { gradient } = await computeGradient(engine, vectors, input, objective);
    const moved = { ...vectors, state: vectors.state.map((value) => value + 3) };
    const again = await computeGradient(engine, moved, input, objective);
    expect(measureDifference(again.gradient, gradient)).toBe(0);
  });

  test("refuses to train on a single row and names the layer, but evaluates it", async () => {
    const { engine, vectors } = open();
    const before = vectors.state.slice();
    const [input, objective] = [drawInput(1), drawObjective("cross-entropy", 1)];
    const wanted = /at least 2 rows, as layer "norm" normalizes by the batch's variance, got 1/;
    const outputs = new Float32Array(3);
    const calls = [
      () => engine.forward(vectors, input, outputs),
      () => computeGradient(engine, vectors, input, objective),
      () => engine.backward(vectors, input, outputs, new Float32Array(engine.layout.size)),
    ];
    for (const call of calls) expect(String(await catchError(call()))).toMatch(wanted);
    expect(vectors.state).toEqual(before);
    await engine.forward(vectors, { ...input, mode: "eval" }, outputs);
    expect(outputs.every(Number.isFinite)).toBe(true);
  });
}

/** As Keras does since version 2: a frozen batch normalisation goes by its moving statistics, and keeps them. */
export function describeFrozenState(create: (topology: ModelTopology) => Promise<Engine>, tolerance: number): void {
  for (const [name, build] of Object.entries(FROZEN)) {
    test(`a batch normalisation that is frozen ${name} trains as it evaluates, on a single row too`, async () => {
      const { topology } = takeApart(build());
      const engine = await create(topology);
      const vectors = drawVectors(engine);
      const before = vectors.state.slice();
      for (const rows of [1, 6]) {
        const [input, objective] = [drawInput(rows), drawObjective("cross-entropy", rows)];
        const training = await computeGradient(engine, vectors, input, objective);
        const evaluation = await computeGradient(engine, vectors, { ...input, mode: "eval" }, objective);
        expect(measureDifference(training.outputs, evaluation.outputs)).toBeLessThan(tolerance);
        expect(measureDifference(training.gradient, evaluation.gradient)).toBeLessThan(tolerance);
        const backward = new Float32Array(engine.layout.size);
        await engine.backward(vectors, input, objective.targets, backward);
        expect(measureDifference(await computeOutputs(engine, vectors, input), training.outputs)).toBe(0);
        expect(vectors.state).toEqual(before);
      }
      await engine.close();
    });
  }

  test("a batch normalisation without gamma and beta is not frozen for having nothing to train", async () => {
    const norm = tf.layers.batchNormalization({ inputShape: [FEATURES], center: false, scale: false });
    const { topology } = takeApart(tf.sequential({ layers: [norm, tf.layers.dense({ units: 3 })] }));
    const engine = await create(topology);
    const vectors = drawVectors(engine);
    const before = vectors.state.slice();
    await computeOutputs(engine, vectors, drawInput(6));
    expect(measureDifference(vectors.state, before)).toBeGreaterThan(1e-3);
    await engine.close();
  });
}

/** How a model's batch normalisation may be frozen. */
const FROZEN: Readonly<Record<string, () => tf.LayersModel>> = {
  "by itself": () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [FEATURES], units: 4 }),
        tf.layers.batchNormalization({ trainable: false }),
        tf.layers.dense({ units: 3 }),
      ],
    }),
  "without gamma and beta": () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [FEATURES], units: 4 }),
        tf.layers.batchNormalization({ trainable: false, center: false, scale: false }),
        tf.layers.dense({ units: 3 }),
      ],
    }),
  "with the model around it": () => {
    const inner = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [FEATURES], units: 4 }), tf.layers.batchNormalization({ scale: false })],
    });
    inner.trainable = false;
    return tf.sequential({ layers: [inner, tf.layers.dense({ units: 3 })] });
  },
  "with a model around the model around it": () => {
    const norm = tf.layers.batchNormalization({ inputShape: [4], center: false, scale: false });
    const inner = tf.sequential({ layers: [norm] });
    const outer = tf.sequential({ layers: [tf.layers.dense({ inputShape: [FEATURES], units: 4 }), inner] });
    outer.trainable = false;
    return tf.sequential({ layers: [outer, tf.layers.dense({ units: 3 })] });
  },
};

/** Means, then variances [FEATURES] after one pass, in float64. */
function moveAverages(state: Float32Array, x: Float32Array): Float32Array {
  const rows = x.length / FEATURES;
  return state.map((old, i) => {
    const column = Array.from({ length: rows }, (_, row) => x[row * FEATURES + (i % FEATURES)] ?? Number.NaN);
    const mean = column.reduce((sum, value) => sum + value, 0) / rows;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
    return old - (old - (i < FEATURES ? mean : variance)) * (1 - MOMENTUM);
  });
}

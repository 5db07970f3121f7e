import { afterAll, beforeAll, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import type { Engine, EngineInput, ModelVectors } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import { fillNoise } from "../../src/engine/noise.ts";
import {
  catchError,
  computeOutputs,
  drawInput,
  drawVectors,
  FEATURES,
  KEY,
  measureDifference,
  takeApart,
} from "./engine_fixtures.ts";

const RATE = 0.4;

function createModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: "hidden", units: 6, activation: "relu", inputShape: [FEATURES] }),
      tf.layers.dropout({ name: "drop", rate: RATE }),
      tf.layers.reshape({ name: "grid", targetShape: [3, 2] }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "classifier", units: 3 }),
    ],
  });
}

/** What engines give of layers before the last; for engines that can. */
export function describeActivations(create: (topology: ModelTopology) => Promise<Engine>, tolerance: number): void {
  const { topology } = takeApart(createModel());
  const opened: Engine[] = [];
  beforeAll(async () => {
    opened.push(await create(topology));
  });
  afterAll(() => opened[0]?.close());
  const open = () => {
    const [engine] = opened;
    if (!engine) throw new Error("The engine is opened before the tests, not when they are declared");
    return { engine, vectors: drawVectors(engine) };
  };

  test("activations() gives the outputs, when the layer is the last", async () => {
    const { engine, vectors } = open();
    for (const mode of ["eval", "train"] as const) {
      const input = drawInput(5, { mode });
      const own = { ...vectors, state: vectors.state.slice() };
      const outputs = await computeOutputs(engine, own, input);
      expect(measureDifference(await compute(engine, vectors, input, "classifier"), outputs)).toBeLessThan(tolerance);
    }
  });

  test("activations() gives each layer's own values in its own shape, when the layer is any", async () => {
    const { engine, vectors } = open();
    const input = drawInput(4);
    const hidden = await compute(engine, vectors, input, "hidden");
    const mask = new Float32Array(hidden.length);
    fillNoise(mask, { kind: "dropout", rate: RATE }, KEY, 0);
    const dropped = await compute(engine, vectors, input, "drop");
    expect(
      measureDifference(
        dropped,
        hidden.map((value, i) => value * (mask[i] ?? 0)),
      ),
    ).toBeLessThan(tolerance);
    expect(measureDifference(await compute(engine, vectors, input, "grid"), dropped)).toBe(0);
    const evaluated = { ...input, mode: "eval" } as const;
    expect(measureDifference(await compute(engine, vectors, evaluated, "drop"), hidden)).toBeLessThan(tolerance);
    const names = ["hidden", "grid", "norm", "flat"];
    const shapes = await Promise.all(names.map((name) => engine.activationShape?.(name)));
    expect(shapes).toEqual([[6], [3, 2], [3, 2], [6]]);
  });

  test("activations() leaves the state as it was, and writes into shared memory, when training", async () => {
    const { engine, vectors } = open();
    const before = vectors.state.slice();
    const input = drawInput(4);
    const wanted = await compute(engine, vectors, input, "norm");
    const shared = createSharedFloat32(wanted.length).fill(Number.NaN);
    await engine.activations?.(vectors, input, "norm", shared);
    expect(measureDifference(shared, wanted)).toBe(0);
    expect(vectors.state).toEqual(before);
  });

  test("activations() refuses layers that there are not, and results of another length", async () => {
    const { engine, vectors } = open();
    const input = drawInput(4);
    const unknown = compute(engine, vectors, input, "hiden");
    expect(String(await catchError(unknown))).toMatch(/RangeError: .*did you mean hidden\?/);
    const wrong = engine.activations?.(vectors, input, "hidden", new Float32Array(7));
    expect(String(await catchError(wrong ?? Promise.resolve()))).toMatch(/needs 24 values .*"hidden" gives, got 7/);
    expect((await compute(engine, vectors, input, "hidden")).every(Number.isFinite)).toBe(true);
  });
}

async function compute(
  engine: Engine,
  vectors: ModelVectors,
  input: EngineInput,
  layerName: string,
): Promise<Float32Array> {
  const shape = (await engine.activationShape?.(layerName)) ?? [];
  const rows = input.x.shape[0] ?? 0;
  const out = new Float32Array(shape.reduce((product, length) => product * length, rows)).fill(Number.NaN);
  await engine.activations?.(vectors, input, layerName, out);
  return out;
}

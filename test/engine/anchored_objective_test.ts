import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { countElements } from "../../src/core/host_tensor.ts";
import type { Engine, EngineInput, ModelVectors } from "../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { computeGradient, drawInput, drawObjective, drawVectors, FEATURES, takeApart } from "./engine_fixtures.ts";

const ROWS = 6;
const FACTOR = 0.3;

/** Dense layers with dropout, or batch statistics, between them: what training does to features must not be seen. */
function buildModel(between: () => tf.layers.Layer): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: "first", units: 6, activation: "tanh", inputShape: [FEATURES] }),
      between(),
      tf.layers.dense({ name: "second", units: 4, activation: "tanh" }),
      tf.layers.dropout({ name: "dropped", rate: 0.4 }),
      tf.layers.dense({ name: "last", units: 3 }),
    ],
  });
}

const MODELS = [
  ["dropout below", () => tf.layers.dropout({ rate: 0.5 })],
  ["batch statistics below", () => tf.layers.batchNormalization({ name: "normalized" })],
  ["nothing of the kind below", () => tf.layers.activation({ activation: "tanh" })],
] as const;

/** factor · ‖f − t‖² of each row, with the features of the evaluation. */
async function measureSlowly(
  engine: Engine,
  vectors: ModelVectors,
  input: EngineInput,
  { layerName, targets }: { readonly layerName: string; readonly targets: Float32Array },
): Promise<number[]> {
  const features = new Float32Array(targets.length);
  await engine.activations?.(vectors, { ...input, mode: "eval" }, layerName, features);
  const width = targets.length / ROWS;
  return Array.from({ length: ROWS }, (_, row) => {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += ((features[i] ?? 0) - (targets[i] ?? 0)) ** 2;
    return FACTOR * sum;
  });
}

const add = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe("an objective with an anchor", () => {
  for (const [name, between] of MODELS) {
    for (const layerName of ["first", "second", "dropped"]) {
      test(`adds the distance of "${layerName}" and its gradient, with ${name}`, async () => {
        const engine = await createOnnxruntimeEngine({
          spec: parseTopology(takeApart(buildModel(between)).topology),
        });
        const vectors = drawVectors(engine);
        const input = drawInput(ROWS);
        const objective = drawObjective("cross-entropy", ROWS);
        const size = ROWS * countElements((await engine.anchorShape?.(layerName)) ?? []);
        const targets = drawInput(ROWS, { sampleShape: [size / ROWS] }).x.data.map((value) => value / 2);
        const losses = new Float32Array(ROWS).fill(Number.NaN);
        const fresh = () => ({ ...vectors, state: vectors.state.slice() });
        const plain = await computeGradient(engine, fresh(), input, objective);
        const anchor = { layerName, targets, factor: FACTOR, losses };
        const anchored = await computeGradient(engine, fresh(), input, { ...objective, anchor });
        expect(anchored.outputs).toEqual(plain.outputs);
        expect(anchored.losses).toEqual(plain.losses);
        const wanted = await measureSlowly(engine, vectors, input, anchor);
        for (const [row, loss] of losses.entries()) expect(Math.abs(loss - (wanted[row] ?? 0))).toBeLessThan(1e-5);
        // Central differences of the distance alone.
        for (let p = 0; p < engine.layout.size; p++) {
          const sides = [1e-2, -1e-2].map(async (by) => {
            const parameters = vectors.parameters.map((value, i) => (i === p ? value + by : value));
            return add(await measureSlowly(engine, { ...vectors, parameters }, input, anchor));
          });
          const [up = 0, down = 0] = [await sides[0], await sides[1]];
          const made = (anchored.gradient[p] ?? Number.NaN) - (plain.gradient[p] ?? 0);
          expect(Math.abs(made - (up - down) / 2e-2)).toBeLessThan(2e-3);
        }
        await engine.close();
      });
    }
  }

  test("refuses arrays that do not fit, and layers that are not there", async () => {
    const engine = await createOnnxruntimeEngine({
      spec: parseTopology(takeApart(buildModel(MODELS[2][1])).topology),
    });
    const compute = (anchor: { layerName: string; targets: Float32Array; losses: Float32Array }) =>
      computeGradient(engine, drawVectors(engine), drawInput(ROWS), {
        ...drawObjective("cross-entropy", ROWS),
        anchor: { ...anchor, factor: 1 },
      });
    const [targets, losses] = [new Float32Array(ROWS * 6), new Float32Array(ROWS)];
    await expect(compute({ layerName: "first", targets: targets.subarray(1), losses })).rejects.toThrow("targets");
    await expect(compute({ layerName: "first", targets, losses: losses.subarray(1) })).rejects.toThrow("losses");
    await expect(compute({ layerName: "firts", targets, losses })).rejects.toThrow("did you mean first?");
    await engine.close();
  });
});

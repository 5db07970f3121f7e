import { expect, test } from "bun:test";
import { fillDropoutMask } from "../../src/engine/dropout_mask.ts";
import type { Engine, EngineInput } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import {
  CLASSES,
  computeGradient,
  computeOutputs,
  createSmallModel,
  drawInput,
  drawObjective,
  FEATURES,
  KEY,
  measureDifference,
} from "./engine_fixtures.ts";
import { openForTests } from "./opened_engine.ts";

/** Which units are dropped, and when. */
export function describeDropout(create: (topology: ModelTopology) => Promise<Engine>, tolerance: number): void {
  const dropping = openForTests(create, createSmallModel({ activations: ["relu", "relu"], rate: 0.5 }));
  const plain = openForTests(create, createSmallModel({ activations: ["relu", "relu"] }));

  test('forward() drops nothing, when the mode is "eval"', async () => {
    const { engine, vectors } = dropping();
    const input = drawInput(5, { mode: "eval" });
    const outputs = await computeOutputs(engine, vectors, input);
    const otherKey = { ...input, dropoutKey: { ...KEY, step: 99 } };
    expect(await computeOutputs(engine, vectors, otherKey)).toEqual(outputs);
    expect(measureDifference(outputs, await computeOutputs(plain().engine, vectors, input))).toBeLessThan(tolerance);
  });

  test("gradient() is the same, when the dropout key is", async () => {
    const { engine, vectors } = dropping();
    const [input, objective] = [drawInput(5), drawObjective("mse", 5)];
    const first = await computeGradient(engine, vectors, input, objective);
    await computeGradient(engine, vectors, { ...input, dropoutKey: { ...KEY, step: 99 } }, objective);
    const again = await computeGradient(engine, vectors, { ...input, dropoutKey: { ...KEY } }, objective);
    expect(again).toEqual(first);
  });

  test("gradient() differs, when any part of the dropout key does", async () => {
    const { engine, vectors } = dropping();
    const [input, objective] = [drawInput(5), drawObjective("mse", 5)];
    const { gradient } = await computeGradient(engine, vectors, input, objective);
    for (const dropoutKey of [
      { ...KEY, seed: 4 },
      { ...KEY, step: 18 },
      { ...KEY, shard: 0 },
    ]) {
      const other = await computeGradient(engine, vectors, { ...input, dropoutKey }, objective);
      expect(measureDifference(other.gradient, gradient)).toBeGreaterThan(1e-3);
    }
  });

  test("forward() multiplies by fillDropoutMask()'s masks, layers counted in model order", async () => {
    const { engine, vectors } = dropping();
    const input = drawInput(5);
    const outputs = await computeOutputs(engine, vectors, input);
    expect(measureDifference(outputs, computeSlowly(vectors.parameters, input))).toBeLessThan(tolerance);
  });
}

/** [5, 6, 6, 3] with relu and masks at rate 0.5, as plain loops. */
function computeSlowly(parameters: Float32Array, { x, dropoutKey }: EngineInput): Float32Array {
  const widths = [FEATURES, 6, 6, CLASSES];
  const rows = x.data.length / FEATURES;
  let values = x.data;
  let offset = 0;
  for (let layer = 0; layer < 3; layer++) {
    const [wide, narrow] = [widths[layer] ?? 0, widths[layer + 1] ?? 0];
    const kernel = parameters.subarray(offset, offset + wide * narrow);
    const bias = parameters.subarray(offset + wide * narrow, offset + (wide + 1) * narrow);
    offset += (wide + 1) * narrow;
    const mask = new Float32Array(rows * narrow).fill(1);
    if (layer < 2) fillDropoutMask(mask, 0.5, dropoutKey, layer);
    const inputs = values;
    values = mask.map((scale, i) => {
      const [row, column] = [Math.floor(i / narrow), i % narrow];
      let sum = bias[column] ?? 0;
      for (let k = 0; k < wide; k++) sum += (inputs[row * wide + k] ?? 0) * (kernel[k * narrow + column] ?? 0);
      return (layer < 2 ? Math.max(sum, 0) : sum) * scale;
    });
  }
  return values;
}

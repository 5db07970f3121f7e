import { describe, expect, test } from "bun:test";
import { findEntry, viewEntry } from "../../../../src/core/parameter_layout.ts";
import { createOnnxruntimeEngine } from "../../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { flattenWeights } from "../../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../../src/models/onnx_model.ts";
import { findFrozenPart } from "../../../../src/onnx/topology/find_frozen_part.ts";
import { parseTopology } from "../../../../src/onnx/topology/parse_topology.ts";
import { KEY } from "../../../engine/engine_fixtures.ts";

const ROWS = 3;
const CLASSES = 5;

/** Logits, gradients by name and the frozen part of a network of which some weights are trained. */
async function compute(file: string, side: number, trainable: readonly string[]) {
  const path = new URL(`../networks/${file}`, import.meta.url).pathname;
  const model = onnxModel({ path, head: "keep", layout: "nchw", inputShape: [side, side, 3], trainable });
  const { topology, parameters, state } = flattenWeights(model);
  model.dispose();
  const spec = parseTopology(topology);
  const engine = await createOnnxruntimeEngine({ spec });
  const data = Float32Array.from({ length: ROWS * side * side * 3 }, (_, i) => Math.sin(i + 1));
  const targets = new Float32Array(ROWS * CLASSES);
  for (let row = 0; row < ROWS; row++) targets[row * CLASSES + row] = 1;
  const results = {
    outputs: new Float32Array(ROWS * CLASSES),
    losses: new Float32Array(ROWS),
    gradient: new Float32Array(engine.layout.size),
  };
  await engine.gradient(
    { parameters, state },
    { x: { data, shape: [ROWS, side, side, 3] }, taskLabels: new Int32Array(ROWS), mode: "eval", dropoutKey: KEY },
    { kind: "cross-entropy", targets, weights: new Float32Array(ROWS).fill(1 / ROWS) },
    results,
  );
  await engine.close();
  const view = (name: string) => [...viewEntry(results.gradient, findEntry(engine.layout, name))];
  const names = engine.layout.entries.map(({ name }) => name);
  return { outputs: results.outputs, view, names, part: findFrozenPart(spec, topology) };
}

function expectClose(given: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const largest = Array.from(wanted).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  expect(given.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs((given[i] ?? Number.NaN) - (wanted[i] ?? 0))).toBeLessThan(1e-5 * largest);
  }
}

describe("splitNetwork() leaves logits and gradients as they are, and what is below the cut frozen,", () => {
  const cases = [
    ["resnet.legacy.onnx", 12, "layer2.*", [6, 6, 6]],
    ["resnet.dynamo.onnx", 12, "last:1", [8]],
    ["mobilenet_v3.legacy.onnx", 16, "last:2", undefined],
    ["densenet.legacy.onnx", 32, "last:3", undefined],
    ["vit.dynamo.onnx", 8, "last:2", undefined],
    ["encoder.legacy.onnx", 3, "last:4", undefined],
  ] as const;
  for (const [file, side, trainable, shape] of cases) {
    test(`when ${trainable} of ${file} is trained`, async () => {
      const [whole, cut] = [await compute(file, side, ["all"]), await compute(file, side, [trainable])];
      expect(whole.part).toBeUndefined();
      expect(cut.part?.layerName).toBe("frozen");
      if (shape) expect(cut.part?.shape).toEqual(shape);
      expectClose(cut.outputs, whole.outputs);
      expect(cut.names.length).toBeLessThan(whole.names.length);
      for (const name of cut.names) expectClose(cut.view(name), whole.view(name));
    });
  }

  test("and leaves a network whole, when its first weight is trained", async () => {
    const { part } = await compute("resnet.legacy.onnx", 12, ["stem.0.weight", "layer2.*"]);
    expect(part).toBeUndefined();
  });
});

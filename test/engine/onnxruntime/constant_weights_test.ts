import { describe, expect, test } from "bun:test";
import type { CarrierName } from "../../../src/engine/onnxruntime/carrier.ts";
import { measureForward, paysConstantWeights } from "../../../src/engine/onnxruntime/constant_weights_cost.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { slimResNet18 } from "../../../src/models/slim_resnet18.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import {
  computeOutputs,
  createSmallModel,
  drawInput,
  drawVectors,
  measureDifference,
  takeApart,
} from "../engine_fixtures.ts";
import { countLive, openApi } from "./native/opened_api.ts";
import { PARITY_MODELS } from "./parity_models.ts";

const CARRIERS: readonly CarrierName[] = ["native", "addon"];

describe("forward() with constant weights", () => {
  for (const { name, sampleShape, build } of PARITY_MODELS) {
    test(`gives the outputs that it gives without, to 1e-5, when the model has ${name}`, async () => {
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(takeApart(build()).topology) });
      const vectors = drawVectors(engine);
      const input = drawInput(5, { sampleShape, mode: "eval" });
      const wanted = await computeOutputs(engine, vectors, input);
      const got = await computeOutputs(engine, vectors, { ...input, weightsNumber: 1 });
      expect(measureDifference(got, wanted)).toBeLessThan(1e-5);
      await engine.close();
    });
  }

  for (const carrier of CARRIERS) {
    test(`keeps the values of a number until another comes, by the ${carrier}`, async () => {
      const { topology } = createSmallModel({ activations: ["relu"] });
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology), carrier });
      const vectors = drawVectors(engine);
      const input = drawInput(4, { mode: "eval" });
      const first = await computeOutputs(engine, vectors, { ...input, weightsNumber: 1 });
      vectors.parameters.fill(0);
      expect(await computeOutputs(engine, vectors, { ...input, weightsNumber: 1 })).toEqual(first);
      expect((await computeOutputs(engine, vectors, { ...input, weightsNumber: 2 })).every((y) => y === 0)).toBe(true);
      expect((await computeOutputs(engine, vectors, input)).every((y) => y === 0)).toBe(true);
      await engine.close();
    });
  }

  test("forgetWeights() and another number free the session that had the weights", async () => {
    const { topology } = createSmallModel({ activations: ["relu"] });
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology), carrier: "native" });
    const vectors = drawVectors(engine);
    const input = drawInput(4, { mode: "eval" });
    const api = await openApi();
    const before = countLive(api);
    for (const weightsNumber of [1, 2, 3]) {
      await computeOutputs(engine, vectors, { ...input, weightsNumber });
      expect(countLive(api) - before).toBe(1);
    }
    await engine.forgetWeights?.();
    expect(countLive(api)).toBe(before);
    await engine.close();
  });
});

describe("paysConstantWeights()", () => {
  test("says yes for a convolutional network and thousands of rows, on as many replicas as there are shards", () => {
    const cost = measureForward(parseTopology(takeApart(slimResNet18()).topology));
    // The first convolution: 32 × 32 places, 20 kernels of 3 × 3 × 3 values.
    expect(cost.convolution).toBeGreaterThan(32 * 32 * 20 * 27);
    expect(cost.grouped).toBe(0);
    expect(paysConstantWeights(cost, { rows: 4000, shards: 2 })).toBe(true);
    expect(paysConstantWeights(cost, { rows: 4000, shards: 100 })).toBe(false);
    expect(paysConstantWeights(cost, { rows: 100, shards: 1 })).toBe(false);
  });

  test("says no for dense layers, and for weights of more than 256 MiB", () => {
    const cost = measureForward(parseTopology(takeApart(simpleMLP()).topology));
    expect(cost).toMatchObject({ weights: 407050, convolution: 0, grouped: 0 });
    expect(paysConstantWeights(cost, { rows: 1e6, shards: 1 })).toBe(false);
    const large = { nodes: 10, weights: 2 ** 26, convolution: 1e9, grouped: 0 };
    expect(paysConstantWeights(large, { rows: 1e6, shards: 1 })).toBe(true);
    expect(paysConstantWeights({ ...large, weights: 2 ** 26 + 1 }, { rows: 1e6, shards: 1 })).toBe(false);
  });
});

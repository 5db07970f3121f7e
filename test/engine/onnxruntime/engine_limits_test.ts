import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import type { Engine, ModelVectors } from "../../../src/engine/engine.ts";
import { createAddonOptions } from "../../../src/engine/onnxruntime/addon/addon_options.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { assertSettings } from "../../../src/engine/onnxruntime/session_options.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { createLayer, createMlpTopology, createSequential } from "../../onnx/topologies.ts";
import { collectGarbage } from "../../support/collect_garbage.ts";
import { computeGradient, computeOutputs, drawInput, drawObjective, drawVectors } from "../engine_fixtures.ts";

let engine: Engine;
let vectors: ModelVectors;
beforeAll(async () => {
  engine = await createOnnxruntimeEngine({ spec: parseTopology(createMlpTopology()) });
  vectors = drawVectors(engine);
});
afterAll(() => engine.close());

describe("createOnnxruntimeEngine()", () => {
  test("refuses vectors, samples and results that do not fit, when called", async () => {
    const input = drawInput(4);
    const outputs = new Float32Array(12);
    const forward = (changed: Partial<ModelVectors>, x = input.x) =>
      engine.forward({ ...vectors, ...changed }, { ...input, x }, outputs);
    await expect(forward({ parameters: new Float32Array(3) })).rejects.toThrow(/needs 57 values of parameters, got 3/);
    await expect(forward({ state: new Float32Array(3) })).rejects.toThrow(/needs 0 values of state/);
    await expect(forward({}, { ...input.x, shape: [5, 4] })).rejects.toThrow(/needs samples of shape \[N, 5\]/);
    await expect(forward({}, { ...input.x, shape: [3, 5] })).rejects.toThrow(/needs 15 values of x, got 20/);
    await expect(forward({}, { data: new Float32Array(0), shape: [0, 5] })).rejects.toThrow(/at least one row/);
    const objective = drawObjective("mse", 3);
    await expect(computeGradient(engine, vectors, input, objective)).rejects.toThrow(/needs 12 values of targets/);
    const gradient = new Float32Array(2);
    await expect(engine.backward(vectors, input, outputs, gradient)).rejects.toThrow(/57 values of gradient, got 2/);
    await expect(engine.forward(vectors, input, gradient)).rejects.toThrow(/needs 12 values of outputs, got 2/);
  });

  test("computes again, when a call was refused", async () => {
    const input = drawInput(4, { mode: "eval" });
    await expect(engine.forward(vectors, input, new Float32Array(1))).rejects.toThrow(RangeError);
    expect((await computeOutputs(engine, vectors, input)).every(Number.isFinite)).toBe(true);
  });

  test("writes zeros, when the output does not depend on a parameter", async () => {
    const input = { ...createLayer("InputLayer", "in", { batch_input_shape: [null, 5] }), inbound_nodes: [] };
    const unused = { ...createLayer("Dense", "unused", { units: 2 }), inbound_nodes: [[["in", 0, 0, {}]]] };
    const used = { ...createLayer("Dense", "used", { units: 3 }), inbound_nodes: [[["in", 0, 0, {}]]] };
    const topology = {
      class_name: "Model",
      config: {
        name: "made",
        layers: [input, unused, used],
        input_layers: [["in", 0, 0]],
        output_layers: [["used", 0, 0]],
      },
    };
    const partly = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
    const { gradient } = await computeGradient(partly, drawVectors(partly), drawInput(4), drawObjective("mse", 4));
    expect([...gradient.subarray(0, 12)]).toEqual(new Array(12).fill(0));
    expect(gradient.subarray(12).every((value) => value !== 0)).toBe(true);
    await partly.close();
  });

  test("refuses to compute, when it is closed", async () => {
    const closed = await createOnnxruntimeEngine({ spec: parseTopology(createMlpTopology()) });
    await computeOutputs(closed, vectors, drawInput(4));
    await closed.close();
    await expect(computeOutputs(closed, vectors, drawInput(4))).rejects.toThrow(/closed/);
  });

  test("refuses a device that it does not know, when created", async () => {
    const topology = createMlpTopology();
    await expect(createOnnxruntimeEngine({ spec: parseTopology(topology), device: "gpu" })).rejects.toThrow(
      /cpu, webgpu or cuda:NUMBER/,
    );
  });

  test("takes no second block of memory for a step, when the step is computed again", async () => {
    const [rows, units] = [32_768, 256];
    const activations = Array.from({ length: 8 }, (_, i) =>
      createLayer("Activation", `a${i}`, { activation: i % 2 === 0 ? "tanh" : "sigmoid" }),
    );
    const fc = createLayer("Dense", "fc", { units });
    const tall = createSequential([5], [fc, ...activations, createLayer("Dense", "head", { units: 3 })]);
    const tallEngine = await createOnnxruntimeEngine({ spec: parseTopology(tall) });
    const tallVectors = drawVectors(tallEngine);
    const [input, objective] = [drawInput(rows), drawObjective("cross-entropy", rows)];
    const readMegabytes = async () => {
      await computeGradient(tallEngine, tallVectors, input, objective);
      collectGarbage();
      return process.memoryUsage().rss / 1e6;
    };
    const before = await readMegabytes();
    await readMegabytes();
    const activationMegabytes = (rows * units * 4 * activations.length) / 1e6;
    expect((await readMegabytes()) - before).toBeLessThan(activationMegabytes / 3);
    await tallEngine.close();
  });

  test("does not grow, when 10,000 steps use new arrays and changing numbers of rows", async () => {
    const wide = createSequential(
      [5],
      [createLayer("Dense", "fc", { units: 500 }), createLayer("Dense", "head", { units: 3 })],
    );
    const growing = await createOnnxruntimeEngine({ spec: parseTopology(wide) });
    const wideVectors = drawVectors(growing);
    const step = async (rows: number) => {
      const results = {
        outputs: createSharedFloat32(rows * 3),
        losses: createSharedFloat32(rows),
        gradient: createSharedFloat32(growing.layout.size),
      };
      await growing.gradient(wideVectors, drawInput(rows), drawObjective("cross-entropy", rows), results);
    };
    for (let i = 0; i < 2000; i++) await step(1 + (i % 7));
    collectGarbage();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 8000; i++) await step(1 + (i % 7));
    collectGarbage();
    // Gradients of 18 kB that were kept would be 144 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(64e6);
    await growing.close();
  });
});

describe("createAddonOptions()", () => {
  test("gives the provider of each device, when it is known", () => {
    const providerOf = (device: string) => createAddonOptions({ device, intraOpThreads: 1 }).executionProviders;
    expect(providerOf("cpu")).toEqual(["cpu"]);
    expect(providerOf("webgpu")).toEqual(["webgpu"]);
    expect(providerOf("cuda:3")).toEqual([{ name: "cuda", deviceId: 3 }]);
    expect(() => providerOf("cuda")).toThrow(RangeError);
  });
});

describe("assertSettings()", () => {
  test("refuses devices that are not known, and less than one thread", () => {
    expect(() => assertSettings({ device: "cuda:0", intraOpThreads: 2 })).not.toThrow();
    expect(() => assertSettings({ device: "cuda", intraOpThreads: 1 })).toThrow(RangeError);
    expect(() => assertSettings({ device: "cpu", intraOpThreads: 0 })).toThrow(RangeError);
  });
});

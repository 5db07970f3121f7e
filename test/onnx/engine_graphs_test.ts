import { describe, expect, test } from "bun:test";
import { buildBackwardGraph, buildForwardGraph, buildTrainingGraph } from "../../src/onnx/engine_graphs.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { createLayer, createMlpTopology, createSequential } from "./topologies.ts";

const spec = parseTopology(createMlpTopology());

describe("buildForwardGraph()", () => {
  test("asks for masks in training only, when the model drops units", () => {
    const inputsOf = (mode: "train" | "eval") => buildForwardGraph(spec, mode).inputs.map(({ name }) => name);
    expect(inputsOf("eval")).toEqual(["input", "fc0/kernel", "fc0/bias", "classifier/kernel", "classifier/bias"]);
    expect(inputsOf("train")).toContain("dropout0/mask");
  });

  test("asks for no mask, when the rate is 0", () => {
    const layers = [createLayer("Dropout", "dropout0", { rate: 0 }), createLayer("Dense", "fc", { units: 3 })];
    const { inputs } = buildForwardGraph(parseTopology(createSequential([5], layers)), "train");
    expect(inputs.map(({ name }) => name)).toEqual(["input", "fc/kernel", "fc/bias"]);
  });
});

describe("buildTrainingGraph()", () => {
  test("gives logits, losses and a gradient a parameter of its shape, when built", () => {
    const { outputs, types } = buildTrainingGraph(spec, "cross-entropy");
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["logits", ["N", 3]],
      ["losses", ["N"]],
      ["fc0/kernel/gradient", [5, 6]],
      ["fc0/bias/gradient", [6]],
      ["classifier/kernel/gradient", [6, 3]],
      ["classifier/bias/gradient", [3]],
    ]);
    expect(types.get("input")?.shape).toEqual(["N", 5]);
  });

  test("makes no gradient of the samples, when built", () => {
    const { nodes } = buildTrainingGraph(spec, "mse");
    // Two forward, one for each kernel, one back to the hidden layer; the samples' would be a sixth.
    expect(nodes.filter(({ op }) => op === "Gemm").length).toBe(5);
  });

  test("lets every node write its output under its final name, when gradients are outputs", () => {
    expect(buildTrainingGraph(spec, "cross-entropy").nodes.filter(({ op }) => op === "Identity")).toEqual([]);
  });
});

describe("buildBackwardGraph()", () => {
  test("computes no logits, when only gradients are wanted", () => {
    const { inputs, nodes, outputs } = buildBackwardGraph(spec);
    expect(outputs.some(({ name }) => name === "logits")).toBe(false);
    expect(inputs.map(({ name }) => name)).not.toContain("classifier/bias");
    expect(nodes.filter(({ op }) => op === "Gemm").length).toBe(4);
  });

  test("throws a RangeError, when the model's output is not [N, C]", () => {
    const images = createSequential([2, 2], [createLayer("Dense", "fc", { units: 3 })]);
    expect(() => buildBackwardGraph(parseTopology(images))).toThrow(/needs an output \[N, C\], got "\[N, 2, 3\]"/);
  });
});

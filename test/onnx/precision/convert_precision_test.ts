import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { buildForwardGraph, buildTrainingGraph } from "../../../src/onnx/engine_graphs.ts";
import type { DataType } from "../../../src/onnx/file/onnx_model.ts";
import type { Graph } from "../../../src/onnx/graph.ts";
import { convertPrecision } from "../../../src/onnx/precision/convert_precision.ts";
import { roundOnProcessor } from "../../../src/onnx/precision/round_on_processor.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { measureDifference } from "../../engine/engine_fixtures.ts";
import { type GraphValues, runGraph } from "../run_graph.ts";
import { createLayer, createSequential } from "../topologies.ts";

const ROWS = 6;
const CLASSES = 3;

/** Models whose graphs hold operators of every kind of rule. */
const MODELS: Readonly<
  Record<string, { readonly sampleShape: readonly number[]; readonly layers: readonly object[] }>
> = {
  "dense layers": {
    sampleShape: [12],
    layers: [
      createLayer("Dense", "hidden", { units: 8, activation: "relu" }),
      createLayer("Dropout", "drop", { rate: 0.5 }),
    ],
  },
  convolutions: {
    sampleShape: [8, 8, 3],
    layers: [
      createLayer("Conv2D", "conv", { filters: 6, kernel_size: [3, 3], padding: "same", activation: "relu" }),
      createLayer("BatchNormalization", "norm", {}),
      createLayer("MaxPooling2D", "pool", { pool_size: [2, 2] }),
      createLayer("Flatten", "flat"),
    ],
  },
  "activations and normalisation": {
    sampleShape: [10],
    layers: [
      createLayer("Dense", "first", { units: 8, activation: "tanh" }),
      createLayer("LayerNormalization", "norm", { axis: [-1] }),
      createLayer("Dense", "second", { units: 8, activation: "sigmoid" }),
      createLayer("Dense", "third", { units: 8, activation: "elu" }),
    ],
  },
};

function createSpec(name: string) {
  const { sampleShape = [], layers = [] } = MODELS[name] ?? {};
  const head = createLayer("Dense", "classifier", { units: CLASSES });
  return parseTopology(createSequential(sampleShape, [...layers, head]));
}

/** One-hot targets, weights of a mean, parameters near those of a fresh model. */
function drawFeeds({ inputs }: Graph, lossScale = 1024): GraphValues {
  const stream = new RandomStream(1, "precision");
  const entries = inputs.map(({ name, shape, role }) => {
    const lengths = shape.map((length) => (typeof length === "number" ? length : ROWS));
    const size = lengths.reduce((product, length) => product * length, 1);
    const draw = (i: number): number => {
      if (role.kind === "lossScale") return lossScale;
      if (role.kind === "weights") return 1 / ROWS;
      if (role.kind === "targets") return i % CLASSES === Math.floor(i / CLASSES) % CLASSES ? 1 : 0;
      if (role.kind === "noise") return i % 2 === 0 ? 2 : 0;
      if (role.kind === "state") return name.includes("variance") ? 1 : 0;
      return stream.normal() / 3;
    };
    return [name, { data: Float32Array.from({ length: size }, (_, i) => draw(i)), shape: lengths }] as const;
  });
  return Object.fromEntries(entries);
}

function listTypes({ nodes, types }: Graph, op: string): Set<DataType | undefined> {
  return new Set(nodes.filter((node) => node.op === op).map(({ outputs: [y = ""] }) => types.get(y)?.dataType));
}

describe("convertPrecision()", () => {
  for (const name of Object.keys(MODELS)) {
    test(`trains ${name} in float16 to what float32 gives, within its rounding`, async () => {
      const plain = buildTrainingGraph(createSpec(name), "cross-entropy");
      const half = convertPrecision(plain, "float16");
      const feeds = drawFeeds(half);
      const { lossScale: _, ...own } = feeds;
      const [wanted, { overflow, ...given }] = [
        await runGraph(plain, own),
        await runGraph(roundOnProcessor(half), feeds),
      ];
      expect(overflow).toEqual(new Float32Array(1));
      expect(Object.keys(given).sort()).toEqual(Object.keys(wanted).sort());
      let difference = 0;
      for (const [output, values] of Object.entries(wanted)) {
        const largest = Math.max(...values.map(Math.abs), 1e-3);
        const own = measureDifference(given[output] ?? new Float32Array(0), values) / largest;
        expect(own).toBeLessThan(2e-2);
        difference = Math.max(difference, own);
      }
      // It was computed in another precision.
      expect(difference).toBeGreaterThan(1e-5);
    });
  }

  test("multiplies matrices in half, and keeps sums, softmax, normalisations and losses in float32", () => {
    const graph = convertPrecision(buildTrainingGraph(createSpec("convolutions"), "cross-entropy"), "float16");
    for (const op of ["MatMul", "Gemm", "Conv"] as const) {
      const types = listTypes(graph, op);
      if (types.size > 0) expect(types).toEqual(new Set(["float16"]));
    }
    expect(listTypes(graph, "Conv").size).toBe(1);
    for (const op of ["ReduceSum", "ReduceMean", "LogSoftmax", "Sqrt", "Div", "Exp"]) {
      expect([...listTypes(graph, op)].every((type) => type === "float32")).toBe(true);
    }
    expect(listTypes(graph, "LogSoftmax").size).toBe(1);
    for (const { dataType } of [...graph.inputs, ...graph.outputs]) expect(dataType).toBe("float32");
  });

  test("leaves activations between products in half", () => {
    const graph = convertPrecision(buildForwardGraph(createSpec("dense layers"), "train"), "float16");
    expect(listTypes(graph, "Relu")).toEqual(new Set(["float16"]));
    expect(graph.inputs.some(({ role }) => role.kind === "lossScale")).toBe(false);
  });

  test("takes the step of a rectifier's gradient in half, where its slope in float32 is none", () => {
    const graph = convertPrecision(buildTrainingGraph(createSpec("dense layers"), "cross-entropy"), "float16");
    expect(listTypes(graph, "HardSigmoid").size).toBe(0);
    expect(listTypes(graph, "Sign")).toEqual(new Set(["float16"]));
  });

  test("makes bfloat16 without a loss scale, and leaves convolutions in float32", () => {
    const graph = convertPrecision(buildTrainingGraph(createSpec("convolutions"), "cross-entropy"), "bfloat16");
    expect(listTypes(graph, "Conv")).toEqual(new Set(["float32"]));
    expect([...listTypes(graph, "MatMul"), ...listTypes(graph, "Gemm")]).toContain("bfloat16");
    expect(graph.inputs.some(({ role }) => role.kind === "lossScale")).toBe(false);
    expect(graph.outputs.some(({ role }) => role.kind === "overflow")).toBe(false);
  });

  for (const name of Object.keys(MODELS)) {
    test(`makes a valid graph of ${name} in bfloat16, whose products the processor does not have`, async () => {
      const graph = convertPrecision(buildTrainingGraph(createSpec(name), "cross-entropy"), "bfloat16");
      // Of a type that an operator does not take, onnxruntime says "Type Error".
      await expect(runGraph(graph, drawFeeds(graph))).rejects.toThrow(
        /NOT_IMPLEMENTED|Could not find an implementation/,
      );
    });
  }

  test("is of no other gradients at another loss scale, and tells when one is too large for float16", async () => {
    const training = buildTrainingGraph(createSpec("dense layers"), "cross-entropy");
    const graph = roundOnProcessor(convertPrecision(training, "float16"));
    const [one, other] = [await runGraph(graph, drawFeeds(graph, 256)), await runGraph(graph, drawFeeds(graph, 4096))];
    for (const [name, values] of Object.entries(one))
      expect(measureDifference(other[name] ?? values, values)).toBeLessThan(2e-3);
    const { overflow } = await runGraph(graph, drawFeeds(graph, 2 ** 24));
    expect(overflow?.[0]).toBeNaN();
  });
});

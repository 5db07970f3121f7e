import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { buildTrainingGraph } from "../../src/onnx/engine_graphs.ts";
import { int, ints } from "../../src/onnx/file/onnx_model.ts";
import { GraphBuilder } from "../../src/onnx/graph_builder.ts";
import { invertOrder } from "../../src/onnx/move_transposes.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { measureDifference } from "../engine/engine_fixtures.ts";
import { type GraphValues, runGraph } from "./run_graph.ts";
import { createLayer, createSequential } from "./topologies.ts";

type Add = (graph: GraphBuilder, x: string) => string;

const SHAPE = [2, 3, 4, 5];
const LAST = [0, 2, 3, 1];
const FIRST = [0, 3, 1, 2];

function transpose(graph: GraphBuilder, x: string, order: readonly number[]): string {
  return graph.node("Transpose", [x], { perm: ints(order) });
}

/** A graph of an input x, and of u of the transposed shape, with one output. */
function build(add: Add) {
  const graph = new GraphBuilder((name) => name);
  const x = graph.input("x", { shape: SHAPE, dataType: "float32" }, { kind: "samples" });
  graph.input("u", { shape: [2, 4, 5, 3], dataType: "float32" }, { kind: "samples" });
  graph.output("y", add(graph, x), { kind: "outputs" });
  return graph.finish();
}

function listOperators(add: Add): string[] {
  return build(add).nodes.map(({ op }) => op);
}

function draw(shape: readonly number[]) {
  const stream = new RandomStream(3, "values");
  const length = shape.reduce((product, axis) => product * axis, 1);
  return { data: Float32Array.from({ length }, () => stream.normal()), shape };
}

/** The same operator on a value that nobody knows to be a transpose: the builder cannot move it. */
async function compare(add: Add): Promise<number> {
  const moved = build((graph, x) => add(graph, transpose(graph, x, LAST)));
  const plain = new GraphBuilder((name) => name);
  const x = plain.input("x", { shape: [2, 4, 5, 3], dataType: "float32" }, { kind: "samples" });
  plain.input("u", { shape: [2, 4, 5, 3], dataType: "float32" }, { kind: "samples" });
  plain.output("y", add(plain, x), { kind: "outputs" });
  const [value, other] = [draw(SHAPE), draw([2, 4, 5, 3])];
  const transposing = build((graph, name) => transpose(graph, name, LAST));
  const { y: transposed } = await runGraph(transposing, { x: value });
  const isUsed = moved.inputs.some(({ name }) => name === "u");
  const feeds: GraphValues = isUsed ? { u: other } : {};
  const { y: given } = await runGraph(moved, { x: value, ...feeds });
  const { y: wanted } = await runGraph(plain.finish(), {
    x: { data: transposed ?? new Float32Array(0), shape: [2, 4, 5, 3] },
    ...feeds,
  });
  return measureDifference(given ?? new Float32Array(0), wanted ?? new Float32Array(1));
}

/** Operators that a transpose moves behind, by what they are tested for. */
const MOVED: Readonly<Record<string, Add>> = {
  "an elementwise operator": (graph, x) => graph.node("Relu", [x]),
  "one with constant bounds": (graph, x) => graph.node("Clip", [x, graph.constant(-0.5), graph.constant(0.5)]),
  "one with a number a channel": (graph, x) => graph.node("Mul", [x, graph.constant([1, 2, 3])]),
  "one with a column": (graph, x) => graph.node("Add", [graph.constant([1, 2, 3, 4, 5], [5, 1]), x]),
  "one with a value in the other order": (graph, x) => graph.node("Sub", [x, "u"]),
  "one with itself": (graph, x) => graph.node("Mul", [x, x]),
  "a softmax": (graph, x) => graph.node("Softmax", [x], { axis: int(-1) }),
  "a concatenation": (graph, x) => graph.node("Concat", [x, graph.node("Relu", [x])], { axis: int(3) }),
  "a concatenation with a value in the other order": (graph, x) => graph.node("Concat", [x, "u"], { axis: int(-2) }),
  "a sum, axes kept": (graph, x) => graph.node("ReduceSum", [x, graph.integers([-1])], { keepdims: int(1) }),
  "a sum, axes dropped": (graph, x) => graph.node("ReduceSum", [x, graph.integers([2])], { keepdims: int(0) }),
  "a mean, axes dropped": (graph, x) => graph.node("ReduceMean", [x], { axes: ints([1, 2]), keepdims: int(0) }),
  "a maximum": (graph, x) => graph.node("ReduceMax", [x], { axes: ints([0, 3]), keepdims: int(0) }),
  padding: (graph, x) => graph.node("Pad", [x, graph.integers([0, 1, 0, 0, 0, 2, 3, 1])]),
  "a slice": (graph, x) =>
    graph.node("Slice", [x, graph.integers([1, 0]), graph.integers([3, 2]), graph.integers([2, 3])]),
  "another transpose": (graph, x) => transpose(graph, x, [3, 1, 0, 2]),
  "a reshape": (graph, x) => graph.node("Reshape", [x, graph.integers([2, -1])]),
};

describe("GraphBuilder.node()", () => {
  for (const [name, add] of Object.entries(MOVED)) {
    test(`gives the same numbers, when a transpose comes before ${name}`, async () => {
      expect(await compare(add)).toBeLessThan(1e-6);
    });
  }

  test("leaves no transpose, when one undoes another, with what works in any order between", () => {
    const back: Add = (graph, x) => {
      const y = graph.node("Mul", [graph.node("Relu", [transpose(graph, x, LAST)]), graph.constant([1, 2, 3])]);
      return transpose(graph, y, FIRST);
    };
    // The numbers a channel are reshaped, which moves nothing.
    expect(listOperators(back).filter((op) => op !== "Reshape")).toEqual(["Relu", "Mul"]);
    expect(listOperators((graph, x) => transpose(graph, transpose(graph, x, LAST), FIRST))).toEqual(["Identity"]);
    expect(listOperators((graph, x) => transpose(graph, x, [0, 1, 2, 3]))).toEqual(["Identity"]);
  });

  test("transposes once, when the same is asked for twice, and reshapes, when only lengths of 1 move", () => {
    const twice: Add = (graph, x) => {
      const flatten = (y: string) => graph.node("Reshape", [y, graph.integers([-1])]);
      return graph.node("Add", [flatten(transpose(graph, x, LAST)), flatten(transpose(graph, x, LAST))]);
    };
    expect(listOperators(twice).filter((op) => op === "Transpose").length).toBe(1);
    const pooled: Add = (graph, x) => {
      const mean = graph.node("ReduceMean", [x], { axes: ints([2, 3]), keepdims: int(1) });
      return transpose(graph, mean, LAST);
    };
    expect(listOperators(pooled)).toEqual(["ReduceMean", "Reshape"]);
  });

  test("puts no transpose between convolutions and pools, when a model is trained", () => {
    const convolution = { filters: 4, kernel_size: [3, 3], padding: "same", activation: "relu" };
    const layers = [
      createLayer("Conv2D", "conv0", convolution),
      createLayer("BatchNormalization", "norm"),
      createLayer("Conv2D", "conv1", convolution),
      createLayer("MaxPooling2D", "pool", { pool_size: [2, 2], strides: [2, 2] }),
      createLayer("GlobalAveragePooling2D", "global"),
      createLayer("Dense", "classifier", { units: 3 }),
    ];
    const { nodes, types } = buildTrainingGraph(parseTopology(createSequential([8, 8, 2], layers)), "mse");
    const orders = nodes.flatMap(({ op, inputs: [x = ""], attributes: { perm } }) => {
      const isImage = op === "Transpose" && types.get(x)?.shape[0] === "N";
      return isImage && perm?.kind === "ints" ? [perm.value.join("")] : [];
    });
    // The pictures come in once; then only the gradients of the two kernels want their operands in orders of their own.
    expect(orders.toSorted()).toEqual(["0231", "0312", "1023", "1023"]);
  });
});

describe("invertOrder()", () => {
  test("undoes any order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), (order) => {
        expect(invertOrder(order).map((axis) => order[axis] ?? -1)).toEqual([0, 1, 2, 3, 4]);
        expect(invertOrder(invertOrder(order))).toEqual(order);
      }),
    );
  });
});

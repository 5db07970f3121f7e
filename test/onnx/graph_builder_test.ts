import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { differentiate } from "../../src/onnx/differentiate.ts";
import { int, ints } from "../../src/onnx/file/onnx_model.ts";
import { GraphBuilder } from "../../src/onnx/graph_builder.ts";
import { broadcastShapes, multiplyDimensions } from "../../src/onnx/shape.ts";
import { runGraph } from "./run_graph.ts";

const samples = { kind: "samples" } as const;
const outputs = { kind: "outputs" } as const;

function createGraph(...shapes: (readonly (number | "N")[])[]): GraphBuilder {
  const graph = new GraphBuilder((name) => name);
  for (const [i, shape] of shapes.entries()) graph.input(`x${i}`, { shape, dataType: "float32" }, samples);
  return graph;
}

describe("GraphBuilder", () => {
  test("node() knows the shape of what it makes, when the batch is unknown", () => {
    const graph = createGraph(["N", 2, 3], [6, 4]);
    const flat = graph.node("Flatten", ["x0"]);
    expect(graph.shapeOf(flat)).toEqual(["N", 6]);
    expect(graph.shapeOf(graph.node("MatMul", [flat, "x1"]))).toEqual(["N", 4]);
    const folded = graph.node("Reshape", ["x0", graph.integers([-1, 3])]);
    expect(graph.shapeOf(folded)).toEqual(["N*2", 3]);
    expect(graph.shapeOf(graph.node("Reshape", [folded, graph.integers([-1, 2, 3])]))).toEqual(["N", 2, 3]);
    expect(graph.shapeOf(graph.node("Transpose", ["x0"], { perm: ints([2, 0, 1]) }))).toEqual([3, "N", 2]);
  });

  test("node() throws a RangeError with both shapes, when they do not fit", () => {
    const graph = createGraph(["N", 2], [3, 4]);
    expect(() => graph.node("MatMul", ["x0", "x1"])).toThrow(/Cannot add MatMul on \[N, 2\], \[3, 4\]/);
    expect(() => graph.node("Add", ["x0", "x1"])).toThrow(RangeError);
    expect(() => graph.node("Relu", ["nothing"])).toThrow(/needs one that the graph has made, got "nothing"/);
    expect(() => graph.node("Reshape", ["x1", graph.integers([5, -1])])).toThrow(RangeError);
    expect(() => graph.node("Concat", ["x0", "x1"], { axis: int(1) })).toThrow(RangeError);
  });

  test("constant() gives one value, when equal numbers are asked for twice", () => {
    const graph = createGraph();
    expect(graph.constant(1)).toBe(graph.constant(1));
    expect(graph.constant([1])).not.toBe(graph.constant(1));
    expect(graph.readConstant(graph.integers([3, -1]))).toEqual([3, -1]);
  });

  test("finish() drops what no output needs, when there is such", () => {
    const graph = createGraph(["N", 2], ["N", 2]);
    graph.node("Exp", ["x1"]);
    graph.output("y", graph.node("Add", ["x0", graph.constant(2)]), outputs);
    const { inputs, nodes, constants } = graph.finish();
    expect(inputs.map(({ name }) => name)).toEqual(["x0"]);
    expect(nodes.map(({ op, outputs: made }) => [op, made])).toEqual([["Add", ["y"]]]);
    expect(constants.length).toBe(1);
  });

  test("output() works, when a value is an input, or an output twice", async () => {
    const graph = createGraph([2]);
    const y = graph.node("Neg", ["x0"]);
    for (const [name, value] of [
      ["a", "x0"],
      ["b", y],
      ["c", y],
    ] as const)
      graph.output(name, value, outputs);
    const results = await runGraph(graph.finish(), { x0: { data: Float32Array.of(1, 2), shape: [2] } });
    expect(results).toEqual({ a: Float32Array.of(1, 2), b: Float32Array.of(-1, -2), c: Float32Array.of(-1, -2) });
  });
});

describe("differentiate()", () => {
  test("adds up gradients, when a value is used several times", async () => {
    const graph = createGraph([2]);
    // y = x·x·x + x
    const square = graph.node("Mul", ["x0", "x0"]);
    const y = graph.node("Add", [graph.node("Mul", [square, "x0"]), "x0"]);
    const gradients = differentiate(graph, { seeds: [{ value: y, gradient: graph.constant([1, 1]) }], wanted: ["x0"] });
    graph.output("dx", gradients.get("x0") ?? "", outputs);
    const { dx } = await runGraph(graph.finish(), { x0: { data: Float32Array.of(1, 2), shape: [2] } });
    expect(dx).toEqual(Float32Array.of(4, 13));
  });

  test("gives no gradient, when the seed does not depend on a value", () => {
    const graph = createGraph([2], [2]);
    const seed = { value: graph.node("Exp", ["x0"]), gradient: graph.constant([1, 1]) };
    expect([...differentiate(graph, { seeds: [seed], wanted: ["x0", "x1"] }).keys()]).toEqual(["x0"]);
  });

  test("passes operators without a rule, when they do not lie between a seed and a wanted value", async () => {
    const graph = createGraph([2], [2]);
    const y = graph.node("Mul", ["x0", graph.node("LayerNormalization", ["x1", graph.constant([1, 1])])]);
    const gradients = differentiate(graph, { seeds: [{ value: y, gradient: graph.constant([1, 1]) }], wanted: ["x0"] });
    expect([...gradients.keys()]).toEqual(["x0"]);
  });

  test("throws a RangeError that names the operator, when it has no rule", () => {
    const graph = createGraph([2]);
    const value = graph.node("LayerNormalization", ["x0", graph.constant([1, 1])]);
    const seed = { value, gradient: graph.constant([1, 1]) };
    const attempt = () => differentiate(graph, { seeds: [seed], wanted: ["x0"] });
    expect(attempt).toThrow("Cannot differentiate LayerNormalization: it has no gradient rule");
    expect(attempt).toThrow(expect.objectContaining({ value }));
  });
});

describe("broadcastShapes()", () => {
  const shape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });

  test("is the same from both sides, and a length of 1 serves any other", () => {
    fc.assert(
      fc.property(shape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (whole, isOne) => {
        const part = whole.map((length, i) => (isOne[i] ? 1 : length));
        expect(broadcastShapes(whole, part)).toEqual(whole);
        expect(broadcastShapes(part, whole)).toEqual(whole);
        expect(broadcastShapes(whole, part.slice(1))).toEqual(whole);
      }),
    );
  });

  test("throws a RangeError, when two lengths differ and none is 1", () => {
    expect(() => broadcastShapes([2, 3], [2])).toThrow(RangeError);
    expect(() => broadcastShapes(["N"], [2])).toThrow(RangeError);
  });
});

describe("multiplyDimensions()", () => {
  test("keeps the batch as a symbol, when there is one", () => {
    expect(multiplyDimensions([2, 3])).toBe(6);
    expect(multiplyDimensions(["N"])).toBe("N");
    expect(multiplyDimensions([2, "N*7", 3])).toBe("N*42");
    expect(() => multiplyDimensions(["N", "N"])).toThrow(RangeError);
  });
});

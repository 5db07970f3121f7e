import { describe, expect, test } from "bun:test";
import { shareNodes } from "../../../src/onnx/conversion/share_nodes.ts";
import { type Attributes, float, type OnnxGraph, type OnnxNode, string } from "../../../src/onnx/file/onnx_model.ts";

const node = (op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): OnnxNode => ({
  op,
  name: output,
  inputs,
  outputs: [output],
  attributes,
});

/** Nodes that read x, w and v, and give y and what `outputs` names. */
function makeGraph(nodes: readonly OnnxNode[], outputs: readonly string[] = ["y"]): OnnxGraph {
  const value = (name: string) => ({ name, dataType: "float32", shape: [1] }) as const;
  const bytes = new Uint8Array(4);
  return {
    name: "made",
    inputs: [value("x")],
    initializers: ["w", "v"].map((name) => ({ ...value(name), bytes })),
    nodes,
    outputs: outputs.map(value),
  };
}

const list = ({ nodes }: OnnxGraph) => nodes.map(({ op, inputs, outputs }) => [op, ...inputs, ...outputs].join(" "));

describe("shareNodes()", () => {
  test("computes once what two networks have in common, and all that differs", () => {
    const graph = makeGraph([
      node("Mul", ["x", "w"], "a"),
      node("Tanh", ["a"], "b"),
      node("Mul", ["x", "w"], "a2"),
      node("Tanh", ["a2"], "b2"),
      node("Add", ["b", "w"], "c"),
      node("Add", ["b2", "v"], "c2"),
      node("Max", ["c", "c2"], "y"),
    ]);
    expect(list(shareNodes(graph))).toEqual(["Mul x w a", "Tanh a b", "Add b w c", "Add b v c2", "Max c c2 y"]);
  });

  test("tells attributes apart, infinities too, and keeps nodes that give an output, or that draw", () => {
    const nodes = [
      node("LeakyRelu", ["x"], "a", { alpha: float(Number.POSITIVE_INFINITY) }),
      node("LeakyRelu", ["x"], "b", { alpha: float(Number.NEGATIVE_INFINITY) }),
      node("LeakyRelu", ["x"], "c", { alpha: string("1") }),
      node("LeakyRelu", ["x"], "d", { alpha: float(1) }),
      node("RandomNormalLike", ["x"], "e"),
      node("RandomNormalLike", ["x"], "f"),
      node("Max", ["a", "b", "c", "d", "e", "f"], "y"),
      node("Tanh", ["y"], "z"),
      node("Tanh", ["y"], "z2"),
    ];
    const graph = makeGraph(nodes, ["y", "z", "z2"]);
    expect(shareNodes(graph)).toEqual({ ...graph, initializers: [] });
  });

  test("drops initializers that only a second computation read", () => {
    const graph = makeGraph([node("Mul", ["x", "w"], "a"), node("Mul", ["x", "w"], "b"), node("Add", ["a", "b"], "y")]);
    const { initializers, nodes } = shareNodes(graph);
    expect(initializers.map(({ name }) => name)).toEqual(["w"]);
    expect(nodes.at(-1)?.inputs).toEqual(["a", "a"]);
  });
});

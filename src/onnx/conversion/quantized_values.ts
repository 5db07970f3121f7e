import type { OnnxGraph, OnnxNode } from "../file/onnx_model.ts";
import { countUses, mapInitializers } from "./edit_graph.ts";

/** Operators with kernels that are quantised; the kernel is the second input. */
const PRODUCTS: ReadonlySet<string> = new Set(["Conv", "Gemm", "MatMul"]);

/** Operators that only move numbers, or take the largest: what they give has the scale of what they take. */
const MOVES: ReadonlySet<string> = new Set(["Flatten", "MaxPool", "Reshape", "Transpose"]);

/** Operators that compute on quantised numbers where all that they take is quantised. */
const FOLLOWERS: ReadonlySet<string> = new Set(["Add", "AveragePool", "Concat", "Relu", ...MOVES]);

/** What stands behind the network, class means say, keeps its precision. */
const HEAD = /^head\d+/;

/** Which values of a graph are quantised. */
export interface QuantizedValues {
  /** The products whose kernels are. */
  readonly products: ReadonlySet<OnnxNode>;
  /** Values that nodes give or the graph takes; each has a scale of its own. */
  readonly measured: ReadonlySet<string>;
  /** Values with the scale of another one. */
  readonly moved: ReadonlyMap<string, string>;
}

/**
 * Chooses what is quantised: the inputs and outputs of products with constant kernels, and what operators make of those
 * that can compute on such numbers. A product's output that only a Relu reads is left to the Relu's. What the graph
 * gives stays in float32.
 */
export function chooseQuantizedValues(graph: OnnxGraph): QuantizedValues {
  const initializers = mapInitializers(graph);
  const uses = countUses(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const readers = new Map(graph.nodes.flatMap((node) => node.inputs.map((name) => [name, node] as const)));
  const products = new Set(graph.nodes.filter((node) => isProduct(node, initializers)));
  const measured = new Set<string>();
  const moved = new Map<string, string>();
  const leftToRelu = new Set<string>();
  const isQuantized = (name: string) => measured.has(name) || moved.has(name) || leftToRelu.has(name);
  for (const node of products) measured.add(node.inputs[0] ?? "");
  for (const node of graph.nodes) {
    const [output = ""] = node.outputs;
    const given = node.inputs.filter((name) => !initializers.has(name));
    const follows = FOLLOWERS.has(node.op) && given.every(isQuantized);
    if (outputs.has(output) || !(products.has(node) || follows)) continue;
    if (products.has(node) && uses.get(output) === 1 && readers.get(output)?.op === "Relu") {
      leftToRelu.add(output);
      continue;
    }
    const [x = ""] = given;
    if (MOVES.has(node.op)) {
      measured.delete(output);
      moved.set(output, moved.get(x) ?? x);
    } else measured.add(output);
  }
  return { products, measured, moved };
}

function isProduct({ op, inputs }: OnnxNode, initializers: ReturnType<typeof mapInitializers>): boolean {
  const [x = "", kernelName = "", bias = ""] = inputs;
  const kernel = initializers.get(kernelName);
  if (!PRODUCTS.has(op) || initializers.has(x) || kernel?.dataType !== "float32" || kernel.external) return false;
  if (HEAD.test(kernelName) || (bias !== "" && !initializers.has(bias))) return false;
  return op === "Conv" || kernel.shape.length === 2;
}

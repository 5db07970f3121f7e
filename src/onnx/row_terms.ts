import type { GraphNode, ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { sumOver } from "./ops/backward_step.ts";
import { readFloat, readInt } from "./ops/operands.ts";
import { describeShape } from "./shape.ts";

/**
 * The terms that a parameter's gradient is the sum of, one a row of the batch:
 * - `product`: of the rows of two values [N, a] and [N, d], aᵢ dᵢᵀ, as a dense layer's kernel has them.
 * - `rows`: of the rows of one value [N, …] themselves, as a bias has them.
 */
export type RowTerms =
  | { readonly kind: "product"; readonly factors: readonly [ValueName, ValueName] }
  | { readonly kind: "rows"; readonly rows: ValueName };

/** The terms, and the node whose result is their sum. */
export interface FoundTerms {
  readonly terms: RowTerms;
  readonly sum: GraphNode;
}

/**
 * Finds the terms of a gradient that differentiation made.
 * @returns Undefined where a row's term is itself a sum (a convolution's kernel, a layer used twice).
 * @see Goodfellow 2015, Efficient Per-Example Gradient Computations, arXiv:1510.01799
 */
export function findRowTerms(gradient: ValueName, graph: GraphBuilder): FoundTerms | undefined {
  const sum = graph.nodes.find(({ outputs }) => outputs[0] === gradient);
  const [x = "", ...others] = sum?.inputs ?? [];
  switch (sum?.op) {
    case "Gemm": {
      const { attributes } = sum;
      const isProduct = others.length === 1 && readInt(attributes, "transA", 0) === 1;
      const isPlain = readInt(attributes, "transB", 0) === 0 && readFloat(attributes, "alpha", 1) === 1;
      const [d = ""] = others;
      if (!isProduct || !isPlain || !isByRow(x, graph) || !isByRow(d, graph)) return undefined;
      return { terms: { kind: "product", factors: [x, d] }, sum };
    }
    case "ReduceSum": {
      const axes = graph.readConstant(others[0] ?? "") ?? [];
      if (!axes.includes(0) || !isByRow(x, graph)) return undefined;
      const within = axes.filter((axis) => axis !== 0);
      const rows = within.length > 0 ? sumOver(x, within, { keepDimensions: true }, graph) : x;
      return { terms: { kind: "rows", rows }, sum };
    }
    case "Reshape":
    case "Transpose":
      return findRowTerms(x, graph);
    default:
      return undefined;
  }
}

function isByRow(value: ValueName, graph: GraphBuilder): boolean {
  return describeShape(graph.shapeOf(value).slice(0, 1)) === "[N]";
}

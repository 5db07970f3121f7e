import type { ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { sumOver } from "./ops/backward_step.ts";
import { readFloat, readInt } from "./ops/operands.ts";
import type { RowMeasure } from "./row_measure.ts";
import { describeShape } from "./shape.ts";

/**
 * A parameter's gradient is a sum over the rows of the batch. This finds the terms and adds nodes for Σ f(term), f the
 * measure, element by element: a dense layer's gradient Aᵀ D has the terms aᵢ dᵢᵀ, so that Σ f = f(A)ᵀ f(D), one
 * product and no gradient a row.
 * @param gradient What differentiation made.
 * @returns Undefined where a row's term is itself a sum (a convolution's kernel, a layer used twice): it is not to be
 * had this way.
 * @see Goodfellow 2015, Efficient Per-Example Gradient Computations, arXiv:1510.01799
 */
export function measureRows(gradient: ValueName, measure: RowMeasure, graph: GraphBuilder): ValueName | undefined {
  const node = graph.nodes.find(({ outputs }) => outputs[0] === gradient);
  const [x = "", ...others] = node?.inputs ?? [];
  switch (node?.op) {
    case "Gemm": {
      const { attributes } = node;
      const isProduct = others.length === 1 && readInt(attributes, "transA", 0) === 1;
      const isPlain = readInt(attributes, "transB", 0) === 0 && readFloat(attributes, "alpha", 1) === 1;
      const [d = ""] = others;
      if (!isProduct || !isPlain || !isByRow(x, graph) || !isByRow(d, graph)) return undefined;
      return graph.node("Gemm", [applyMeasure(x, measure, graph), applyMeasure(d, measure, graph)], attributes);
    }
    case "ReduceSum": {
      const axes = graph.readConstant(others[0] ?? "") ?? [];
      if (!axes.includes(0) || !isByRow(x, graph)) return undefined;
      const within = axes.filter((axis) => axis !== 0);
      const rows = within.length > 0 ? sumOver(x, within, { keepDimensions: true }, graph) : x;
      return graph.node("ReduceSum", [applyMeasure(rows, measure, graph), ...others], node.attributes);
    }
    case "Reshape":
    case "Transpose": {
      const measured = measureRows(x, measure, graph);
      return measured === undefined ? undefined : graph.node(node.op, [measured, ...others], node.attributes);
    }
    default:
      return undefined;
  }
}

function isByRow(value: ValueName, graph: GraphBuilder): boolean {
  return describeShape(graph.shapeOf(value).slice(0, 1)) === "[N]";
}

function applyMeasure(x: ValueName, measure: RowMeasure, graph: GraphBuilder): ValueName {
  switch (measure) {
    case "square":
      return graph.node("Mul", [x, x]);
    case "absolute":
      return graph.node("Abs", [x]);
  }
}

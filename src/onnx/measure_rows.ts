import type { GraphNode, ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import type { RowMeasure } from "./row_measure.ts";
import { type FoundTerms, findRowTerms } from "./row_terms.ts";

/**
 * A parameter's gradient is a sum over the rows of the batch. This adds nodes for Σ f(term), f the measure, element by
 * element: a dense layer's gradient Aᵀ D has the terms aᵢ dᵢᵀ, so that Σ f = f(A)ᵀ f(D), one product and no gradient a
 * row.
 * @param gradient What differentiation made.
 * @returns Undefined where `findRowTerms` finds none.
 */
export function measureRows(gradient: ValueName, measure: RowMeasure, graph: GraphBuilder): ValueName | undefined {
  const found = findRowTerms(gradient, graph);
  return found && repeatFrom(gradient, sumMeasured(found, measure, graph), { sum: found.sum, graph });
}

function sumMeasured({ terms, sum }: FoundTerms, measure: RowMeasure, graph: GraphBuilder): ValueName {
  switch (terms.kind) {
    case "product":
      return graph.node(
        "Gemm",
        terms.factors.map((factor) => applyMeasure(factor, measure, graph)),
        sum.attributes,
      );
    case "rows":
      return graph.node(
        "ReduceSum",
        [applyMeasure(terms.rows, measure, graph), ...sum.inputs.slice(1)],
        sum.attributes,
      );
  }
}

/** What lies between the sum of the terms and the gradient, on another sum. */
function repeatFrom(
  gradient: ValueName,
  measured: ValueName,
  { sum, graph }: { readonly sum: GraphNode; readonly graph: GraphBuilder },
): ValueName {
  const node = graph.nodes.find(({ outputs }) => outputs[0] === gradient);
  if (!node || node === sum) return measured;
  const [x = "", ...others] = node.inputs;
  return graph.node(
    node.op === "Reshape" ? "Reshape" : "Transpose",
    [repeatFrom(x, measured, { sum, graph }), ...others],
    node.attributes,
  );
}

function applyMeasure(x: ValueName, measure: RowMeasure, graph: GraphBuilder): ValueName {
  switch (measure) {
    case "square":
      return graph.node("Mul", [x, x]);
    case "absolute":
      return graph.node("Abs", [x]);
  }
}

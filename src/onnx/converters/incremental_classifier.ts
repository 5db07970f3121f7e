import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { IncrementalClassifierSpec } from "../layer_spec.ts";

/**
 * Incremental classifier, [N, in] to [N, units]: Gemm-13, then y · active + (1 − active) · maskValue. No gradient gets
 * through to a masked unit, as its factor is 0.
 */
export function convertIncrementalClassifier(
  layer: IncrementalClassifierSpec,
  x: ValueName,
  graph: GraphBuilder,
): ValueName {
  const kernel = graph.parameter(`${layer.layer}/kernel`);
  const logits = graph.node("Gemm", [x, kernel, graph.parameter(`${layer.layer}/bias`)]);
  if (!layer.masking) return logits;
  const active = graph.parameter(`${layer.layer}/active`);
  const masked = graph.node("Sub", [graph.constant(1), active]);
  const offset = graph.node("Mul", [masked, graph.constant(layer.maskValue)]);
  return graph.node("Add", [graph.node("Mul", [logits, active]), offset]);
}

import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { IncrementalClassifierSpec } from "../specs/layer_spec.ts";
import { maskLogits } from "./mask_logits.ts";

/** Incremental classifier, [N, in] to [N, units]: Gemm-13, then the mask. */
export function convertIncrementalClassifier(
  layer: IncrementalClassifierSpec,
  x: ValueName,
  graph: GraphBuilder,
): ValueName {
  const kernel = graph.parameter(`${layer.layer}/kernel`);
  const logits = graph.node("Gemm", [x, kernel, graph.parameter(`${layer.layer}/bias`)]);
  if (!layer.masking) return logits;
  return maskLogits(logits, { active: graph.parameter(`${layer.layer}/active`), maskValue: layer.maskValue }, graph);
}

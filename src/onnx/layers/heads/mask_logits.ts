import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";

/**
 * `maskValue` in place of the logits [N, U] whose unit is not active: y · active + (1 − active) · maskValue, where
 * `active` is [U] or [N, U] and holds zeros and ones. No gradient gets through to a masked unit, as its factor is 0.
 */
export function maskLogits(
  logits: ValueName,
  { active, maskValue }: { readonly active: ValueName; readonly maskValue: number },
  graph: GraphBuilder,
): ValueName {
  const masked = graph.node("Sub", [graph.constant(1), active]);
  const offset = graph.node("Mul", [masked, graph.constant(maskValue)]);
  return graph.node("Add", [graph.node("Mul", [logits, active]), offset]);
}

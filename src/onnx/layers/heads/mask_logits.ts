import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { LayerCall } from "../layer_call.ts";

/** How a growing head answers for units whose class was not trained on: with `maskValue`, if it masks at all. */
export interface MaskedHead extends LayerCall {
  /** The layer that owns `${layer}/kernel`, `${layer}/bias` and, without a gradient, `${layer}/active`. */
  readonly layer: string;
  readonly masking: boolean;
  readonly maskValue: number;
}

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

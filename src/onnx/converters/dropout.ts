import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { DropoutSpec } from "../layer_spec.ts";

/**
 * Dropout in training: y = x · mask. The mask is an input [N, …] of zeros and 1/(1 − rate), filled from the random
 * key, so that both engines and both halves of a split step drop the same units. A rate of 0 adds nothing.
 */
export function convertDropout(layer: DropoutSpec, x: ValueName, graph: GraphBuilder): ValueName {
  if (layer.rate === 0) return x;
  const role = { kind: "dropoutMask", rate: layer.rate, layerIndex: layer.layerIndex } as const;
  const mask = graph.input(`${layer.name}/mask`, graph.typeOf(x), role);
  return graph.node("Mul", [x, mask]);
}

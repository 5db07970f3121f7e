import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { LearnedReluSpec } from "../specs/sequence_layer_spec.ts";

/**
 * A rectifier whose slope below 0 is learned, max(x, 0) + alpha · min(x, 0): PRelu-16.
 * @see He et al. 2015, Delving Deep into Rectifiers, arXiv:1502.01852
 */
export function convertLearnedRelu(layer: LearnedReluSpec, x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("PRelu", [x, graph.parameter(`${layer.layer}/alpha`)]);
}

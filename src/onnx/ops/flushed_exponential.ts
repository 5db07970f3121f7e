import { float } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";

/** e⁻⁸⁰ is 2e-35, far from the least normal number, 1e-38. */
const LEAST_EXPONENT = -80;
/** 2⁻¹⁰⁰, about 8e-31: a probability that is none. */
const TINY = 2 ** -100;

/**
 * eˣ, and 0 where that is below 2⁻¹⁰⁰: Clip-13, Exp-13, ThresholdedRelu-10. The probabilities of a softmax that is sure
 * would be subnormal numbers, and so would much of the gradients made of them; many processors take a hundred times as
 * long for each operation on those. onnxruntime's `session.set_denormal_as_zero` reaches the thread of its first
 * session alone, and there JavaScript's own numbers, too: 2 ** -1074 becomes 0.
 */
export function addFlushedExponential(x: ValueName, graph: GrowingGraph): ValueName {
  const bounded = graph.node("Clip", [x, graph.constant(LEAST_EXPONENT)]);
  return graph.node("ThresholdedRelu", [graph.node("Exp", [bounded])], { alpha: float(TINY) });
}

import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Shape } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { LayerCall } from "../layer_call.ts";
import type { ParameterSpec } from "../layer_definition.ts";

/** Subtracts the running mean of each feature and divides by its running deviation. */
export interface StandardizationSpec extends LayerCall {
  readonly kind: "standardization";
  /** The layer that owns the tensors. */
  readonly layer: string;
}

/** The tensors of the layer, none of which has a gradient, for C features. */
export const STANDARDIZATION_TENSORS = {
  /** [C]: what is subtracted. */
  data_mean: (features: number) => [features],
  /** [C]: what is divided by; 1 for a feature that never changed. */
  data_scale: (features: number) => [features],
  /** [3, C]: what float32 leaves out of the mean, then the deviation as the sum of two numbers. */
  data_rest: (features: number) => [3, features],
  /** [2]: the number of values as the sum of two numbers. */
  data_count: (_features: number) => [2],
} as const;

/** Whether a tensor of the layers' state describes the data that came, and not what was trained. */
export function isDataStatistic(name: string): boolean {
  return Object.keys(STANDARDIZATION_TENSORS).some((tensor) => name.endsWith(`/${tensor}`));
}

/** The tensors of a layer called on [N, …, C]. */
export function describeStandardization(
  { name, layer }: StandardizationSpec,
  inputs: readonly Shape[],
): ParameterSpec[] {
  const features = inputs[0]?.at(-1);
  if (typeof features !== "number") {
    throw new RangeRefusal(needs(`layer "${name}"`, "an input [N, …, features]", inputs[0]));
  }
  return Object.entries(STANDARDIZATION_TENSORS).map(([tensor, shapeOf]) => {
    return { name: `${layer}/${tensor}`, shape: shapeOf(features), isTrainable: false };
  });
}

/**
 * Standardization, [N, …, C]: (x − mean) / scale by Sub-14 and Div-14. In this order no digits are lost where the mean
 * is large.
 */
export function convertStandardization({ layer }: StandardizationSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const centred = graph.node("Sub", [x, graph.parameter(`${layer}/data_mean`)]);
  return graph.node("Div", [centred, graph.parameter(`${layer}/data_scale`)]);
}

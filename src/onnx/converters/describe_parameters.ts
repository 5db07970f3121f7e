import { cannot } from "../../core/errors.ts";
import type { LayerSpec } from "../layer_spec.ts";
import type { Shape } from "../onnx_model.ts";

/** One tensor that a layer owns. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for what training updates without a gradient. */
  readonly isTrainable: boolean;
}

/**
 * The tensors of a layer called on inputs of these shapes, in the order in which tfjs creates them.
 * @throws {RangeError} If they do not follow from the shapes.
 */
export function describeParameters(layer: LayerSpec, inputs: readonly Shape[]): ParameterSpec[] {
  switch (layer.kind) {
    case "dense": {
      const features = inputs[0]?.at(-1);
      if (typeof features !== "number") {
        throw new RangeError(cannot(`size layer "${layer.name}"`, "an input [N, …, features]", inputs[0]));
      }
      const kernel = { name: `${layer.layer}/kernel`, shape: [features, layer.units], isTrainable: true };
      const bias = { name: `${layer.layer}/bias`, shape: [layer.units], isTrainable: true };
      return layer.useBias ? [kernel, bias] : [kernel];
    }
    case "input":
    case "activation":
    case "dropout":
    case "flatten":
    case "reshape":
    case "merge":
    case "concatenate":
      return [];
  }
}
